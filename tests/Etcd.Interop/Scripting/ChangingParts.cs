using System.Text.RegularExpressions;

namespace Etcd.Interop.Scripting;

/// <summary>Replaces what differs from run to run (ids a server made up, times, ports, sizes) by names, and puts the real
/// values back where a later line of a script uses such a name.</summary>
internal sealed partial class ChangingParts(string endpoint, string directory)
{
    // With the addresses the scripts advertise, every etcd computes these two, so they are compared like all else.
    private static readonly string[] FixedIds = ["8e9e05c52164694d", "cdf818194e3a8c32", "10276657743932975437", "14841639068965178418"];

    private readonly List<string> _ids = [];

    [GeneratedRegex(@"\b[0-9a-f]{16}\b|\b[0-9]{15,20}\b")]
    private static partial Regex Id();

    [GeneratedRegex(@"took = [0-9.]+(ns|µs|ms|s)|(?<=""took"":"")[0-9.]+(ns|µs|ms|s)|(?<=│ )[0-9.]+(ns|µs|ms|s)(?= │)|(?<=\| )[0-9.]+(ns|µs|ms|s)(?= \|)")]
    private static partial Regex Duration();

    [GeneratedRegex(@"remaining\([0-9]+s\)|(?<=""ttl"":)[0-9]+|(?<=""TTL"" : )[0-9]{3}")]
    private static partial Regex RemainingTime();

    [GeneratedRegex(@"\b[0-9.]+ [kMG]?B\b|(?<=""dbSize"":|""dbSizeInUse"":|""DBSize"" : |""DBSizeInUse"" : )[0-9]+")]
    private static partial Regex Size();

    [GeneratedRegex(@"(?<=""raftIndex"":|""raftAppliedIndex"":|""RaftIndex"" : |""RaftAppliedIndex"" : |[│|] [0-9]+ [│|] |[│|] [0-9]+ [│|] [0-9]+ [│|] |^127[^\n]*, [0-9]+, |^127[^\n]*, [0-9]+, [0-9]+, )[0-9]+(?=[,} \n]|$)", RegexOptions.Multiline)]
    private static partial Regex LogIndex();

    [GeneratedRegex("(?<=[^\n ]) {2,}| {2,}(?=[│|])")]
    private static partial Regex Padding();

    [GeneratedRegex("─{2,}|-{5,}")]
    private static partial Regex Rule();

    /// <summary>Output with names in place of what changes.</summary>
    public string Name(string output)
    {
        string text = output
            .Replace(endpoint, "127.0.0.1:<port>", StringComparison.Ordinal)
            .Replace(directory, "<dir>", StringComparison.Ordinal);
        if (text.Contains('│') || text.Contains("-+-", StringComparison.Ordinal) || text.Contains("+--", StringComparison.Ordinal))
        {
            // Columns of a table are as wide as their widest value, which may be one that changes.
            text = Rule().Replace(Padding().Replace(text, " "), rule => rule.Value[..1]);
        }

        text = Duration().Replace(text, "<time>");
        text = RemainingTime().Replace(text, "<left>");
        text = Size().Replace(text, "<size>");
        text = LogIndex().Replace(text, "<index>");
        return Id().Replace(text, match => NameOf(match.Value));
    }

    /// <summary>A script line with real values in place of names like <c>{id1}</c> and <c>{dir}</c>.</summary>
    public string Fill(string line)
    {
        string text = line.Replace("{dir}", directory, StringComparison.Ordinal);
        for (int index = 0; index < _ids.Count; index++)
        {
            text = text.Replace($"{{id{index + 1}}}", _ids[index], StringComparison.Ordinal);
        }

        return text;
    }

    private string NameOf(string id)
    {
        if (FixedIds.Contains(id))
        {
            return id;
        }

        // The same lease may appear in hexadecimal and in decimal.
        string hexadecimal = id.Length == 16 && !ulong.TryParse(id, out _) ? id
            : ulong.TryParse(id, out ulong value) && id.Length > 16 ? value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture) : id;
        int index = _ids.IndexOf(hexadecimal);
        if (index < 0)
        {
            index = _ids.Count;
            _ids.Add(hexadecimal);
        }

        return $"<id{index + 1}>";
    }
}
