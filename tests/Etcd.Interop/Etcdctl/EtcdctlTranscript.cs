using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Etcdctl;

/// <summary>Runs scripts with one etcdctl against one server and writes down everything it says, without what differs by chance: lease IDs,
/// times, the place of a log line in its source, and the hash and size of a snapshot, in which each server has its own free pages.</summary>
/// <param name="program">The etcdctl.</param>
/// <param name="endpoint">Where the server listens.</param>
/// <param name="file">What <c>{file}</c> stands for in a step; empty where no step has it.</param>
public sealed partial class EtcdctlTranscript(string program, string endpoint, string file)
{
    private readonly List<string> _leases = [];
    private string _lease = "0";

    /// <summary>Runs a step and gives its command line, exit code, output and errors as one text.</summary>
    public async Task<string> RunAsync(EtcdctlStep step, CancellationToken cancellationToken)
    {
        CommandOutcome outcome = await CommandFor(step).RunAsync(cancellationToken);
        if (GrantedLease().Match(outcome.Output) is { Success: true } granted)
        {
            _lease = granted.Groups[1].Value;
            AddLease(ulong.Parse(_lease, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        }

        string errors = step.IgnoresErrorText ? "" : string.Join('\n', outcome.Errors.Split('\n').Select(ErrorLine));
        return $"$ {step}\nexit code {outcome.ExitCode}\n{Plain(outcome.Output)}--\n{Plain(errors)}";
    }

    [GeneratedRegex("lease ([0-9a-f]{16}) granted")]
    private static partial Regex GrantedLease();

    [GeneratedRegex("(?m)^[0-9a-f]{1,8}(?=, [0-9]+, [0-9]+, )|(?<=^[0-9a-f]{1,8}, [0-9]+, [0-9]+, )[0-9.]+ [kM]?B$|(?<=^\\{\"hash\":)[0-9]+(?=,\"revision\")|(?<=,\"totalSize\":)[0-9]+(?=\\})")]
    private static partial Regex SnapshotHashAndSize();

    // How long a health check took, in its four formats; a micro sign arrives as two Latin-1 characters.
    [GeneratedRegex("(?<=took = |\"took\":\"|\"Took\" : |(true|false) [^\\x20-\\x7f]+ *)[0-9.]+[^\\x20-\\x7f]*m?s")]
    private static partial Regex Took();

    // The width of that column hangs on it.
    [GeneratedRegex(" {2,}|(\\u00e2\\u0094\\u0080){2,}")]
    private static partial Regex Padding();

    // The fields that say where and when, not what: they name Go's source files and the sockets.
    private static string ErrorLine(string line)
    {
        if (!line.StartsWith("{\"level\"", StringComparison.Ordinal))
        {
            return line;
        }

        using JsonDocument document = JsonDocument.Parse(line);
        StringBuilder text = new();
        foreach (string name in (string[])["level", "msg", "attempt", "error", "environment-variable"])
        {
            if (document.RootElement.TryGetProperty(name, out JsonElement value))
            {
                text.Append(name).Append('=').Append(value).Append(' ');
            }
        }

        return text.ToString();
    }

    private Command CommandFor(EtcdctlStep step)
    {
        string[] arguments = [.. step.Arguments.Select(argument => argument
            .Replace("{lease}", _lease, StringComparison.Ordinal)
            .Replace("{file}", file, StringComparison.Ordinal))];
        Dictionary<string, string> environment = new(step.Environment);
        if (!arguments.Contains("--endpoints"))
        {
            environment["ETCDCTL_ENDPOINTS"] = endpoint;
        }

        return new Command(program, arguments)
        {
            Input = step.Input,
            Environment = environment,
            OutputEncoding = Encoding.Latin1,
        };
    }

    private void AddLease(ulong id)
    {
        _leases.Add(id.ToString(CultureInfo.InvariantCulture));
        _leases.Add(id.ToString("x16", CultureInfo.InvariantCulture));
        StringBuilder varint = new();
        for (; id >= 0x80; id >>= 7)
        {
            varint.Append((char)((id & 0x7f) | 0x80));
        }

        _leases.Add(varint.Append((char)id).ToString());
    }

    private string Plain(string text)
    {
        foreach (string id in _leases)
        {
            text = text.Replace(id, "LEASE", StringComparison.Ordinal);
        }

        if (file.Length > 0)
        {
            text = SnapshotHashAndSize().Replace(text.Replace(file, "FILE", StringComparison.Ordinal), "ANY");
        }

        return text.Contains("HEALTH", StringComparison.Ordinal)
            ? Took().Replace(Padding().Replace(text, " "), "TIME")
            : Took().Replace(text, "TIME");
    }
}
