using System.Text.RegularExpressions;

using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Documentation;

/// <summary>A machine on which the commands of the documentation are typed: it has its own <c>/var/lib/etcd</c>, its own ports and at most one
/// server, and shares <c>/backup</c> with the others.</summary>
internal sealed partial class OperatedMachine : IAsyncDisposable
{
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(60);

    private readonly string _shared;
    private readonly int _number;
    private readonly OperatedMachine[] _all;
    private readonly int _clientPort = LoopbackPorts.Take();
    private readonly int _peerPort = LoopbackPorts.Take();
    private readonly string _realVersion;
    private RunningCommand? _server;

    private OperatedMachine(string shared, int number, OperatedMachine[] all, string realVersion)
    {
        (_shared, _number, _all, _realVersion) = (shared, number, all, realVersion);
        Directory.CreateDirectory(Path.Combine(Root, "var", "lib"));
        Directory.CreateDirectory(Path.Combine(shared, "backup"));
    }

    /// <summary>Where a client reaches its server.</summary>
    public string Endpoint => $"127.0.0.1:{_clientPort}";

    private string Root => Path.Combine(_shared, $"machine{_number}");

    /// <summary>The machines <c>10.0.0.1</c> and up.</summary>
    /// <param name="shared">Directory for all that is theirs.</param>
    /// <param name="count">How many.</param>
    /// <param name="realVersion">Release of the programs without <c>bin/</c>.</param>
    public static IReadOnlyList<OperatedMachine> Make(string shared, int count, string realVersion = "3.5")
    {
        var all = new OperatedMachine[count];
        for (int number = 1; number <= count; number++)
        {
            all[number - 1] = new OperatedMachine(shared, number, all, realVersion);
        }

        return all;
    }

    /// <summary>A file or directory of the documentation, on this machine.</summary>
    public string Local(string path) => path.StartsWith("/backup/", StringComparison.Ordinal) ? _shared + path : Path.Combine(Root, path.TrimStart('/'));

    /// <summary>Types commands one after the other; each must succeed.</summary>
    /// <param name="lines">As they stand in the documentation.</param>
    /// <param name="waits">Whether a server that is started must be ready before the next command.</param>
    /// <returns>What each printed.</returns>
    public async Task<IReadOnlyList<string>> TypeAsync(IEnumerable<string> lines, bool waits = true)
    {
        List<string> outputs = [];
        foreach (string line in lines)
        {
            string[] typed = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Translate)];
            string[] words = [.. typed.SkipWhile(word => Assignment().IsMatch(word))];
            string[] arguments = words[1..];
            outputs.Add(words switch
            {
                ["systemctl", "stop", "etcd"] => await StopAsync(),
                ["bin/etcd" or "etcd", ..] => await StartAsync(words[0].StartsWith("bin/", StringComparison.Ordinal), arguments, waits),
                _ => (await new Command(ProgramOf(words[0]), arguments) { Environment = EnvironmentFor(typed) }.RunAsync(TestContext.Current.CancellationToken))
                    .MustSucceed().Output,
            });
        }

        return outputs;
    }

    /// <summary>Waits until the server that was started without waiting is ready.</summary>
    public async Task WaitUntilReadyAsync()
    {
        const string Ready = "ready to serve client requests";
        await _server!.Errors.WaitForAsync(line => line.Contains(Ready, StringComparison.Ordinal), ReadyLimit, TestContext.Current.CancellationToken);
    }

    /// <summary>What is to be the same before and after a move: hash, and every key with its revisions.</summary>
    public async Task<string> ContentAsync()
    {
        // The read waits until this member has applied what was committed.
        string keys = (await TypeAsync([$"bin/etcdctl --endpoints {Endpoint} get --prefix key -w fields"]))[0];
        string hash = (await TypeAsync([$"bin/etcdctl --endpoints {Endpoint} endpoint hashkv"]))[0].Split(',')[1].Trim();
        return hash + "\n" + string.Join('\n', keys.Split('\n').Where(line => !Volatile().IsMatch(line)));
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    /// <summary>The page exports the endpoints of all members; a command that names its own, and not just by the variable, is refused with both.</summary>
    private Dictionary<string, string> EnvironmentFor(string[] typed)
    {
        var environment = new Dictionary<string, string> { ["ETCDCTL_API"] = "3" };
        if (!typed.Contains("--endpoints"))
        {
            environment["ETCDCTL_ENDPOINTS"] = string.Join(',', _all.Select(machine => machine.Endpoint));
        }

        foreach (string[] assignment in typed.TakeWhile(word => Assignment().IsMatch(word)).Select(word => word.Split('=', 2)))
        {
            environment[assignment[0]] = assignment[1];
        }

        return environment;
    }

    private async Task<string> StopAsync()
    {
        await _server!.TerminateAsync();
        await _server.DisposeAsync();
        _server = null;
        return "";
    }

    private async Task<string> StartAsync(bool isOurs, string[] arguments, bool waits)
    {
        Assert.Null(_server);
        string program = isOurs ? OurPrograms.Server : RealEtcd.Server(_realVersion);

        // The ports of the documentation may be another test's.
        string client = $"http://{Endpoint}";
        Dictionary<string, string> environment = arguments.Contains("--listen-client-urls")
            ? []
            : new Dictionary<string, string>
            {
                ["ETCD_LISTEN_CLIENT_URLS"] = client,
                ["ETCD_ADVERTISE_CLIENT_URLS"] = client,
                ["ETCD_LISTEN_PEER_URLS"] = $"http://127.0.0.1:{_peerPort}",
            };
        _server = RunningCommand.Start(
            new Command(program, arguments) { Environment = environment },
            Path.Combine(SharedMaterial.RepositoryRoot, "artifacts", "test-logs", $"{System.Environment.ProcessId}-operated-{_clientPort}.log"));
        if (waits)
        {
            await WaitUntilReadyAsync();
        }

        return "";
    }

    private string ProgramOf(string name) => name switch
    {
        "bin/etcdctl" => OurPrograms.Ctl,
        "bin/etcdutl" => OurPrograms.Utl,
        "etcdctl" => RealEtcd.Ctl(_realVersion),
        "etcdutl" => RealEtcd.Utl,
        "cp" => "/bin/cp",
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "the documentation names a program that this test does not know"),
    };

    private string Translate(string word)
    {
        string here = word;
        foreach (OperatedMachine machine in _all)
        {
            here = here.Replace($"10.0.0.{machine._number}:2379", machine.Endpoint, StringComparison.Ordinal)
                .Replace($"10.0.0.{machine._number}:2380", $"127.0.0.1:{machine._peerPort}", StringComparison.Ordinal);
        }

        return here.StartsWith("/var/", StringComparison.Ordinal) || here.StartsWith("/backup/", StringComparison.Ordinal) || OwnFile().IsMatch(here)
            ? Local(here)
            : here;
    }

    /// <summary>Files and directories that a command names without saying where.</summary>
    [GeneratedRegex(@"^[a-z][\w-]*\.(db|etcd)$")]
    private static partial Regex OwnFile();

    [GeneratedRegex("^[A-Z_]+=")]
    private static partial Regex Assignment();

    [GeneratedRegex("^\"(ClusterID|MemberID|RaftTerm)\"")]
    private static partial Regex Volatile();
}
