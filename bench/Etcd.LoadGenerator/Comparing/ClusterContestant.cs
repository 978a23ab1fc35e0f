using System.Net;
using Etcd.LoadGenerator.Load;
using Etcd.LoadGenerator.Measure;
using Etcd.Testing.Processes;

namespace Etcd.LoadGenerator.Comparing;

/// <summary>One of the two clusters: three members on loopback with fresh data directories.</summary>
internal sealed class ClusterContestant : IAsyncDisposable
{
    private const int Members = 3;
    private static readonly TimeSpan LeaderLimit = TimeSpan.FromSeconds(30);

    private readonly EtcdServerOptions[] _options;
    private readonly EtcdServer?[] _servers = new EtcdServer?[Members];

    private ClusterContestant(ServerKind kind, string dataRoot)
    {
        DataDirectory = Path.Combine(dataRoot, $"cluster-{kind}-{Guid.NewGuid():N}");
        int[] peerPorts = [.. Enumerable.Range(0, Members).Select(_ => LoopbackPorts.Take())];
        string cluster = string.Join(',', peerPorts.Select((port, member) => $"m{member}=http://127.0.0.1:{port}"));
        _options = [.. peerPorts.Select((port, member) => new EtcdServerOptions
        {
            Kind = kind,
            DataDirectory = Path.Combine(DataDirectory, $"m{member}"),
            PeerPort = port,
            ClientPort = LoopbackPorts.Take(),

            // A flag given twice counts as the second says.
            Flags = ["--name", $"m{member}", "--initial-cluster", cluster, "--quota-backend-bytes", "8589934592"],
        })];
    }

    private string DataDirectory { get; }

    public static async Task<ClusterContestant> StartAsync(ServerKind kind, string dataRoot)
    {
        var cluster = new ClusterContestant(kind, dataRoot);
        Directory.CreateDirectory(cluster.DataDirectory);
        await Task.WhenAll(Enumerable.Range(0, Members).Select(cluster.StartMemberAsync));
        return cluster;
    }

    /// <summary>Runs a load on the leader or on a follower; what all members use is counted.</summary>
    public async Task<LoadReport> RunAsync(LoadOptions load, bool onFollower)
    {
        int leader = await FindLeaderAsync();
        return LoadRun.Execute(load with
        {
            Server = EndPointOf(onFollower ? (leader + 1) % Members : leader),
            ServerProcessIds = [.. _servers.Select(server => server!.ProcessId)],
        });
    }

    /// <summary>Kills the leader, and starts it again when the others have taken a write.</summary>
    /// <returns>Time from the kill to the end of the first write that succeeded.</returns>
    public async Task<TimeSpan> FailOverAsync()
    {
        int leader = await FindLeaderAsync();
        IPEndPoint[] others = [.. Enumerable.Range(0, Members).Where(member => member != leader).Select(EndPointOf)];
        await using var probe = new WriteProbe(others);
        EtcdServer killed = _servers[leader]!;
        TimeSpan took = await probe.MeasureAsync(killed.KillAsync);
        await killed.DisposeAsync();
        await StartMemberAsync(leader);
        return took;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (EtcdServer? server in _servers)
        {
            if (server is not null)
            {
                await server.DisposeAsync();
            }
        }

        Directory.Delete(DataDirectory, recursive: true);
    }

    private async Task StartMemberAsync(int member) => _servers[member] = await EtcdServer.StartAsync(_options[member]);

    private IPEndPoint EndPointOf(int member) => new(IPAddress.Loopback, _options[member].ClientPort);

    private async Task<int> FindLeaderAsync()
    {
        using var limit = new CancellationTokenSource(LeaderLimit);
        while (true)
        {
            for (int member = 0; member < Members; member++)
            {
                if (MetricsReading.IsLeader(EndPointOf(member)))
                {
                    return member;
                }
            }

            await Task.Delay(50, limit.Token);
        }
    }
}
