using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Discovery;

/// <summary>A member that is not told who the others are.</summary>
internal sealed class DiscoveredMember(string name, ServerKind kind = ServerKind.Ours) : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    private readonly TemporaryDirectory _directory = new();
    private RunningCommand? _running;

    public string Name { get; } = name;

    public int ClientPort { get; } = LoopbackPorts.Take();

    public int PeerPort { get; } = LoopbackPorts.Take();

    public string Endpoint => $"http://127.0.0.1:{ClientPort}";

    /// <summary>What it advertises to the others.</summary>
    public string PeerUrl => $"http://localhost:{PeerPort}";

    public LineLog Log => _running!.Errors;

    /// <summary>Starts it on what it has.</summary>
    public void Launch(IReadOnlyDictionary<string, string> environment, params string[] flags) =>
        _running = RunningCommand.Start(
            new Command(EtcdServerOptions.ProgramOf(kind),
            [
                "--name", Name, "--data-dir", _directory.File("data"),
                "--listen-client-urls", Endpoint, "--advertise-client-urls", Endpoint,
                "--listen-peer-urls", $"http://127.0.0.1:{PeerPort}", "--initial-advertise-peer-urls", PeerUrl,
                .. kind == ServerKind.Real34 ? new[] { "--logger", "zap" } : [],
                .. flags,
            ])
            { Environment = environment });

    public Task WaitUntilReadyAsync() =>
        WaitForLineAsync(kind == ServerKind.Real34 ? "serving client traffic" : "ready to serve client requests");

    /// <summary>Waits for a line of its log.</summary>
    public Task WaitForLineAsync(string part) => Log.WaitForAsync(line => line.Contains(part, StringComparison.Ordinal), Limit);

    /// <summary>Starts it where nothing in the environment matters.</summary>
    public void Launch(params string[] flags) => Launch(new Dictionary<string, string>(), flags);

    public Task<int> WaitForExitAsync() => _running!.WaitForExitAsync(Limit);

    public async Task<int> TerminateAsync()
    {
        int exitCode = await _running!.TerminateAsync();
        await _running.DisposeAsync();
        _running = null;
        return exitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (_running is not null)
        {
            await _running.DisposeAsync();
        }

        _directory.Dispose();
    }
}
