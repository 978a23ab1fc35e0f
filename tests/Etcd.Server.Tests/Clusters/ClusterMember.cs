using Etcd.Mvcc;
using Etcd.Protocol.Rpc;
using Etcd.Server.Pumps;
using Etcd.Server.Tests.Pumps;
using Etcd.Testing.SimulatedDisk;

using Google.Protobuf;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Server.Tests.Clusters;

/// <summary>A member of a <see cref="TestCluster"/>: its disk, and the life it has on it.</summary>
internal sealed class ClusterMember(MemoryNetwork network, ServerOptions options)
{
    private EtcdServer? _server;

    public ServerOptions Options { get; set; } = options;

    public SimulatedFileSystem Disk { get; private set; } = new();

    public EtcdServer Server => _server ?? throw new InvalidOperationException($"{Options.Name} is down");

    public ulong Id => Server.Headers.MemberId;

    public bool IsUp => _server is not null;

    public bool IsLeader => IsUp && Server.Readings.Leadership.IsLeader;

    /// <summary>The id it was added with; 0 for a founder.</summary>
    public ulong IdWhenKnown { get; init; }

    /// <summary>How its threads run, where one of them can be held.</summary>
    public HoldingExecution? Holding { get; init; }

    public Task StartAsync() => StartAsync(Options);

    public async Task StartAsync(ServerOptions options)
    {
        _server = await EtcdServer.StartAsync(
            options, Disk, TimeProvider.System, NullLoggerFactory.Instance, network.For(), Holding ?? Execution.Threads);
        network.Serve(_server);
    }

    /// <summary>A graceful stop.</summary>
    public async Task StopAsync()
    {
        EtcdServer server = Server;
        _server = null;
        await server.HandOverLeadershipAsync();
        network.Remove(server);
        await server.DisposeAsync();
    }

    /// <summary>The end of the process, without any warning. What was written to the files stays, synced or not.</summary>
    public Task KillAsync() => EndAsync(disk => disk.AfterProcessKill());

    /// <summary>The end of the machine: what was not synced may be lost.</summary>
    public Task LosePowerAsync(ulong seed) => EndAsync(disk => disk.AfterPowerLoss(seed, CrashRules.WholeSectors));

    private async Task EndAsync(Func<SimulatedFileSystem, SimulatedFileSystem> leave)
    {
        EtcdServer server = Server;
        _server = null;
        network.Remove(server);
        SimulatedFileSystem left = leave(Disk);
        await server.DisposeAsync();
        Disk = left;
    }

    public async Task<long> PutAsync(string key, string value)
    {
        var request = new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8(value) };
        return (await Server.KeyValues.PutAsync(request)).Header.Revision;
    }

    public async Task<string?> GetAsync(string key, bool serializable = false)
    {
        var request = new RangeRequest { Key = ByteString.CopyFromUtf8(key), Serializable = serializable };
        using RangeReply reply = Server.KeyValues.TryRange(request, out RangeReply? ready)
            ? ready
            : await Server.KeyValues.ConfirmedRangeAsync(request, TestContext.Current.CancellationToken);
        RangeResponse response = reply.ToMessage();
        return response.Kvs.Count == 0 ? null : response.Kvs[0].Value.ToStringUtf8();
    }
}
