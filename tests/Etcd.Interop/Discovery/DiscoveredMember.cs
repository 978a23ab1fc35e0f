using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Discovery;

/// <summary>A member that is not told who the others are.</summary>
internal sealed class DiscoveredMember(string name) : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);

    private readonly TemporaryDirectory _directory = new();
    private RunningCommand? _running;

    public string Name { get; } = name;

    public int ClientPort { get; } = LoopbackPorts.Take();

    public int PeerPort { get; } = LoopbackPorts.Take();

    public string Endpoint => $"http://127.0.0.1:{ClientPort}";

    public LineLog Log => _running!.Errors;

    /// <summary>Starts it on what it has.</summary>
    public void Launch(IReadOnlyDictionary<string, string> environment, params string[] flags) =>
        _running = RunningCommand.Start(
            new Command(OurPrograms.Server,
            [
                "--name", Name, "--data-dir", _directory.File("data"),
                "--listen-client-urls", Endpoint, "--advertise-client-urls", Endpoint,
                "--listen-peer-urls", $"http://127.0.0.1:{PeerPort}", "--initial-advertise-peer-urls", $"http://localhost:{PeerPort}",
                .. flags,
            ])
            { Environment = environment });

    public Task WaitUntilReadyAsync() =>
        Log.WaitForAsync(line => line.Contains("ready to serve client requests", StringComparison.Ordinal), Limit);

    public Task<int> WaitForExitAsync() => _running!.WaitForExitAsync(Limit);

    public async Task TerminateAsync()
    {
        await _running!.TerminateAsync();
        await _running.DisposeAsync();
        _running = null;
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
