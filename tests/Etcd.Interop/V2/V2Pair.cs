using System.Globalization;
using System.Text.RegularExpressions;

using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.V2;

/// <summary>Fresh servers of this repository and of real etcd 3.4 with its v2 API on, and what commands print against each, with names in
/// place of what must differ: ports, ids, times.</summary>
internal sealed partial class V2Pair : IAsyncDisposable
{
    // Each request of a user checks a password: at the usual cost the scripts would take minutes.
    private const string CheapHashes = "--bcrypt-cost=4";

    private readonly TemporaryDirectory _directory = new();

    private V2Pair()
    {
    }

    public EtcdServer Ours { get; private set; } = null!;

    public EtcdServer Real { get; private set; } = null!;

    public static async Task<V2Pair> StartAsync(CancellationToken cancellationToken)
    {
        var pair = new V2Pair();
        Task<EtcdServer> ours = StartAsync(ServerKind.Ours, pair._directory, cancellationToken);
        Task<EtcdServer> real = StartAsync(ServerKind.Real34, pair._directory, cancellationToken);
        pair.Ours = await ours;
        pair.Real = await real;
        return pair;
    }

    /// <summary>One server of a kind that serves the v2 API.</summary>
    public static Task<EtcdServer> StartAsync(ServerKind kind, TemporaryDirectory directory, CancellationToken cancellationToken) =>
        EtcdServer.StartAsync(
            new EtcdServerOptions
            {
                Kind = kind,
                DataDirectory = directory.File(kind.ToString()),
                Flags = kind == ServerKind.Ours ? [CheapHashes] : ["--enable-v2", CheapHashes],
            },
            cancellationToken);

    /// <summary>Runs a command line against both and returns the transcripts.</summary>
    /// <param name="line">For the shell; <c>$U</c> is the server's URL.</param>
    /// <param name="programForOurs">The etcdctl that <c>$CTL</c> is where our server is asked; the other server is always asked by the real one.</param>
    public async Task<(string Ours, string Real)> RunAsync(string line, string? programForOurs = null) =>
        (await RunAsync(Ours, line, programForOurs ?? RealEtcd.Ctl("3.4")), await RunAsync(Real, line, RealEtcd.Ctl("3.4")));

    public async ValueTask DisposeAsync()
    {
        await Ours.DisposeAsync();
        await Real.DisposeAsync();
        _directory.Dispose();
    }

    private static async Task<string> RunAsync(EtcdServer server, string line, string program)
    {
        CommandOutcome outcome = await new Command("/bin/sh", ["-c", line])
        {
            Environment = new Dictionary<string, string>
            {
                ["U"] = server.Address.ToString().TrimEnd('/'),
                ["PEER"] = $"http://127.0.0.1:{server.Options.PeerPort}",
                ["CTL"] = program,
                ["ETCDCTL_API"] = "2",
            },
        }.RunAsync(TestContext.Current.CancellationToken);
        string text = $"{outcome.Output}{outcome.Errors}exit {outcome.ExitCode}\n".Replace("\r", "", StringComparison.Ordinal);
        text = text
            .Replace(server.ClientPort.ToString(CultureInfo.InvariantCulture), "<client>", StringComparison.Ordinal)
            .Replace(server.Options.PeerPort.ToString(CultureInfo.InvariantCulture), "<peer>", StringComparison.Ordinal);
        return WithoutWhatDiffers(text);
    }

    private static string WithoutWhatDiffers(string text)
    {
        text = Expiration().Replace(text, "<time>");
        text = MemberId().Replace(text, "<id>");
        text = ChangingHeader().Replace(text, "");

        // The order of header fields says nothing, and the length follows from a body that is compared itself.
        string[] parts = text.Split("\n\n", 2);
        if (parts.Length == 2 && parts[0].StartsWith("HTTP/", StringComparison.Ordinal))
        {
            string[] head = parts[0].Split('\n');
            parts[0] = string.Join('\n', [head[0], .. head.Skip(1).Order(StringComparer.Ordinal)]);
        }

        return string.Join("\n\n", parts);
    }

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? \+0000 UTC")]
    private static partial Regex Expiration();

    [GeneratedRegex(@"\b[0-9a-f]{15,16}\b")]
    private static partial Regex MemberId();

    // The log index counts the times that real etcd asks itself, and the leader's time for expiry.
    [GeneratedRegex(@"(Date|X-Raft-Index|Access-Control-[A-Za-z-]+|Content-Length): [^\n]*\n")]
    private static partial Regex ChangingHeader();
}
