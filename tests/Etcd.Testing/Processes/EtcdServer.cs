using System.Diagnostics;

namespace Etcd.Testing.Processes;

/// <summary>A server process on free loopback ports. It ends with the object, and with the test process however that ends.
/// Its log is kept under <c>artifacts/test-logs</c>.</summary>
public sealed class EtcdServer : IAsyncDisposable
{
    private static int _started;

    private readonly RunningCommand _running;

    private EtcdServer(EtcdServerOptions options)
    {
        Options = options;
        int number = Interlocked.Increment(ref _started);
        string log = Path.Combine(SharedMaterial.RepositoryRoot, "artifacts", "test-logs", $"{Environment.ProcessId}-{number}-{options.Kind}.log");
        _running = RunningCommand.Start(CommandFor(options), log);
    }

    /// <summary>How it was started, with the ports it got.</summary>
    public EtcdServerOptions Options { get; }

    public int ClientPort => Options.ClientPort;

    /// <summary>Host and port for clients.</summary>
    public string Endpoint => $"127.0.0.1:{ClientPort}";

    public Uri Address => new($"http://{Endpoint}");

    public int ProcessId => _running.ProcessId;

    public Process Process => _running.Process;

    public LineLog Log => _running.Errors;

    public bool HasExited => _running.HasExited;

    /// <summary>Starts a server and waits until it serves clients.</summary>
    /// <exception cref="InvalidOperationException">It ended or did not become ready; the message has its last log lines.</exception>
    public static async Task<EtcdServer> StartAsync(EtcdServerOptions options, CancellationToken cancellationToken = default)
    {
        EtcdServer server = Launch(options);
        try
        {
            await server.Log.WaitForAsync(line => line.Contains(ReadyLine(options.Kind), StringComparison.Ordinal),
                options.ReadyLimit, cancellationToken).ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts a server without waiting, for tests of starts that fail.</summary>
    public static EtcdServer Launch(EtcdServerOptions options) => new(options with
    {
        ClientPort = options.ClientPort == 0 ? LoopbackPorts.Take() : options.ClientPort,
        PeerPort = options.PeerPort == 0 ? LoopbackPorts.Take() : options.PeerPort,
    });

    /// <summary>Stops it as a service manager does.</summary>
    /// <returns>The exit code. Real etcd ends by the signal itself, which reads as 143.</returns>
    public Task<int> TerminateAsync(TimeSpan? limit = null) => _running.TerminateAsync(limit);

    /// <summary>Ends it at once.</summary>
    public Task KillAsync() => _running.KillAsync();

    public Task<int> WaitForExitAsync(TimeSpan? limit = null) => _running.WaitForExitAsync(limit);

    public ValueTask DisposeAsync() => _running.DisposeAsync();

    // The JSON log of 3.4 has no other line for it.
    private static string ReadyLine(ServerKind kind) =>
        kind == ServerKind.Real34 ? "serving client traffic" : "ready to serve client requests";

    /// <summary>The command that starts a server; its ports must be set.</summary>
    public static Command CommandFor(EtcdServerOptions options)
    {
        string client = $"http://127.0.0.1:{options.ClientPort}";
        string peer = $"http://{options.PeerHost}:{options.PeerPort}";
        string advertisedClient = options.HasFixedIdentity ? "http://localhost:2379" : client;
        string advertisedPeer = options.HasFixedIdentity ? "http://localhost:2380" : peer;
        List<string> flags =
        [
            "--data-dir", options.DataDirectory,
            "--listen-client-urls", client, "--advertise-client-urls", advertisedClient,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", advertisedPeer,
            "--initial-cluster", $"default={advertisedPeer}",
            .. options.Kind == ServerKind.Real34 ? new[] { "--logger", "zap" } : [],
            .. options.Flags,
        ];
        string program = EtcdServerOptions.ProgramOf(options.Kind);
        return options.Within is [string runner, ..]
            ? new Command(runner, [.. options.Within.Skip(1), program, .. flags]) { Environment = options.Environment }
            : new Command(program, flags) { Environment = options.Environment };
    }
}
