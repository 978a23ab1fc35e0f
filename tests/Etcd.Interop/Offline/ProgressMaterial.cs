using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Offline;

/// <summary>What the commands of <see cref="ProgressTests"/> work on: a stopped member's directory, a snapshot, a running server. None of them changes its data.</summary>
public sealed class ProgressMaterial : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private EtcdServer _server = null!;

    /// <summary>The data directory of a member that has stopped.</summary>
    public string Stopped => _directory.File("stopped");

    /// <summary>A snapshot of that member.</summary>
    public string Snapshot => _directory.File("snapshot.db");

    /// <summary>The client URL of a member that runs.</summary>
    public string Endpoint => _server.Endpoint;

    public async ValueTask InitializeAsync()
    {
        EtcdServer stopped = await StartAsync(Stopped);
        await using (stopped)
        {
            await FillAsync(stopped);
            await RunCtlAsync(stopped, "snapshot", "save", Snapshot);
            await stopped.TerminateAsync();
        }

        _server = await StartAsync(_directory.File("running"));
        await FillAsync(_server);
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _directory.Dispose();
    }

    // What comes in one piece needs no bar.
    private static Task FillAsync(EtcdServer server) => RunCtlAsync(server, "put", "a", new string('v', 100_000));

    private static async Task RunCtlAsync(EtcdServer server, params string[] arguments) =>
        (await new Command(OurPrograms.Ctl, ["--endpoints", server.Endpoint, .. arguments]).RunAsync(TestContext.Current.CancellationToken)).MustSucceed();

    private static Task<EtcdServer> StartAsync(string directory) => EtcdServer.StartAsync(
        new EtcdServerOptions { DataDirectory = directory, HasFixedIdentity = true }, TestContext.Current.CancellationToken);
}
