using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Faults;

/// <summary>A server that is killed in the middle of load keeps every write it has acknowledged and none by half.</summary>
public class CrashTests
{
    private const int OurRounds = 15;
    private const int ControlRounds = 2;
    private const int Seed = 20_260;

    // #14370: acknowledged before the log was durable. #13766: consistent index committed apart from its data. #17780: revision goes back.
    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Server_KilledUnderLoadManyTimes_KeepsEveryAcknowledgedWriteWhole(ServerKind kind)
    {
        using var directory = new TemporaryDirectory();
        var random = new Random(Seed);
        var loads = new List<Load>();
        EtcdServer server = await StartAsync(kind, directory);
        for (int round = 0; round < (kind == ServerKind.Ours ? OurRounds : ControlRounds); round++)
        {
            Load load = Load.Start(server, $"round/{round:D3}");
            loads.Add(load);
            await load.WaitForAcknowledgementsAsync(random.Next(1, 1500));
            await server.KillAsync();
            await load.EndAsync();
            await server.DisposeAsync();

            server = await StartAsync(kind, directory);
            await load.CheckAsync(server);
        }

        // What earlier rounds wrote has survived all the later crashes too.
        foreach (Load load in loads)
        {
            await load.CheckAsync(server);
        }

        await server.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Server_KilledAfterCompactionsAndRestarted_HasTheSameHash(ServerKind kind)
    {
        using var directory = new TemporaryDirectory();
        EtcdServer server = await StartAsync(kind, directory);
        Load load = Load.Start(server, "hash");
        await load.WaitForAcknowledgementsAsync(500);
        await server.KillAsync();
        await load.EndAsync();
        await server.DisposeAsync();
        server = await StartAsync(kind, directory);
        HashKVResponse before = await CompactAndHashAsync(server);

        await server.KillAsync();
        await server.DisposeAsync();
        server = await StartAsync(kind, directory);
        HashKVResponse afterKill = await HashAsync(server);
        int exitCode = await server.TerminateAsync();
        await server.DisposeAsync();
        server = await StartAsync(kind, directory);
        HashKVResponse afterStop = await HashAsync(server);
        await server.DisposeAsync();

        Assert.Equal((before.Hash, before.CompactRevision, before.Header.Revision), (afterKill.Hash, afterKill.CompactRevision, afterKill.Header.Revision));
        Assert.Equal((before.Hash, before.CompactRevision, before.Header.Revision), (afterStop.Hash, afterStop.CompactRevision, afterStop.Header.Revision));
        Assert.Contains(exitCode, new[] { 0, 143 });
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Server_TerminatedUnderLoad_StopsCleanlyAndKeepsAcknowledgedWrites(ServerKind kind)
    {
        using var directory = new TemporaryDirectory();
        await using EtcdServer server = await StartAsync(kind, directory);
        Load load = Load.Start(server, "stop");
        await load.WaitForAcknowledgementsAsync(300);

        int exitCode = await server.TerminateAsync();
        await load.EndAsync();
        await using EtcdServer restarted = await StartAsync(kind, directory);

        // Real etcd ends by the signal itself.
        Assert.Equal(kind == ServerKind.Ours ? 0 : 143, exitCode);
        await load.CheckAsync(restarted);
    }

    private static Task<EtcdServer> StartAsync(ServerKind kind, TemporaryDirectory directory) =>
        EtcdServer.StartAsync(
            new EtcdServerOptions { Kind = kind, DataDirectory = directory.File("data"), Flags = ["--snapshot-count", "1000"] },
            TestContext.Current.CancellationToken);

    private static async Task<HashKVResponse> CompactAndHashAsync(EtcdServer server)
    {
        await using var connection = new EtcdConnection(server);
        StatusResponse status = await connection.CallAsync(EtcdMethods.Status, new StatusRequest());
        await connection.CallAsync(EtcdMethods.Compact, new CompactionRequest { Revision = status.Header.Revision - 10, Physical = true });
        return await connection.CallAsync(EtcdMethods.HashKv, new HashKVRequest());
    }

    private static async Task<HashKVResponse> HashAsync(EtcdServer server)
    {
        await using var connection = new EtcdConnection(server);
        return await connection.CallAsync(EtcdMethods.HashKv, new HashKVRequest());
    }
}
