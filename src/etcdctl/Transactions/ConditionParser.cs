using Etcd.Client;
using Etcd.Protocol.Rpc;
using Etcdctl.Text;
using CompareResult = Etcd.Protocol.Rpc.Compare.Types.CompareResult;

namespace Etcdctl.Transactions;

/// <summary>Reads a condition: <c>mod("key") &gt; "5"</c>.</summary>
internal static class ConditionParser
{
    /// <exception cref="CommandFailedException">The line is no condition.</exception>
    public static Compare Parse(string line)
    {
        int open = line.IndexOf('(', StringComparison.Ordinal);
        if (open < 0)
        {
            throw Failed("malformed comparison: " + line);
        }

        string target = line[..open];
        int at = open + 1;
        SkipBlanks(line, ref at);
        string key = "";
        string word = "";
        string value = "";
        bool isWhole = QuotedText.TryRead(line, ref at, out key)
            && TryReadOperator(line, ref at, out word)
            && QuotedText.TryRead(line, ref at, out value);
        if (!isWhole)
        {
            throw Failed($"malformed comparison: {line}; got {target}({GoText.Quote(key)}) {word} {GoText.Quote(value)}");
        }

        return Create(line, target, RawText.Encode(key), Operator(line, word), value);
    }

    private static Compare Create(string line, string target, byte[] key, CompareResult result, string value)
    {
        try
        {
            return target switch
            {
                "ver" or "version" => Conditions.Version(key, result, GoNumber.ParseInteger(value, 10)),
                "c" or "create" => Conditions.CreateRevision(key, result, GoNumber.ParseInteger(value, 10)),
                "m" or "mod" => Conditions.ModRevision(key, result, GoNumber.ParseInteger(value, 10)),
                "val" or "value" => Conditions.Value(key, result, RawText.Encode(value)),
                "lease" => Conditions.Lease(key, result, GoNumber.ParseInteger(value, 16)),
                _ => throw Failed($"malformed comparison: {line} (unknown target {target})"),
            };
        }
        catch (FormatException)
        {
            throw Failed("invalid txn compare request: " + line);
        }
    }

    // ") ", the operator, and blanks.
    private static bool TryReadOperator(string line, ref int at, out string word)
    {
        word = "";
        if (at >= line.Length || line[at] != ')' || at + 1 >= line.Length || line[at + 1] != ' ')
        {
            return false;
        }

        at++;
        SkipBlanks(line, ref at);
        int start = at;
        while (at < line.Length && !char.IsWhiteSpace(line[at]))
        {
            at++;
        }

        word = line[start..at];
        SkipBlanks(line, ref at);
        return word.Length > 0;
    }

    private static void SkipBlanks(string line, ref int at)
    {
        while (at < line.Length && line[at] == ' ')
        {
            at++;
        }
    }

    private static CompareResult Operator(string line, string word) => word switch
    {
        "=" => CompareResult.Equal,
        "!=" => CompareResult.NotEqual,
        ">" => CompareResult.Greater,
        "<" => CompareResult.Less,
        _ => throw Failed($"malformed comparison: {line} (unknown operator {word})"),
    };

    private static CommandFailedException Failed(string reason) =>
        CommandFailedException.Because(ExitCode.InvalidInput, reason);
}
