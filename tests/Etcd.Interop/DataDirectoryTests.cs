using Etcd.Interop.Clusters;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;
using Google.Protobuf;

namespace Etcd.Interop;

/// <summary>Data directories go back and forth between this server and real etcd, and snapshots do too.</summary>
public class DataDirectoryTests
{
    private const int Keys = 300;

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Ours, ServerKind.Real35)]
    [InlineData(ServerKind.Real35, ServerKind.Ours)]
    [InlineData(ServerKind.Real34, ServerKind.Ours)]
    [InlineData(ServerKind.Real34, ServerKind.Real35)]
    public async Task DataDirectory_TakenOverByAnotherEtcd_HoldsTheSame(ServerKind writer, ServerKind reader)
    {
        using var directory = new TemporaryDirectory();
        HashKVResponse written;
        await using (EtcdServer first = await StartAsync(writer, directory.File("data")))
        {
            written = await FillAsync(first);
            await first.TerminateAsync();
        }

        await using EtcdServer second = await StartAsync(reader, directory.File("data"));

        await AssertHoldsAsync(second, written);
    }

    // The log is all there is of the last writes: nothing was flushed at a stop.
    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Ours, ServerKind.Real35)]
    [InlineData(ServerKind.Real35, ServerKind.Ours)]
    public async Task DataDirectory_OfAKilledEtcd_IsRecoveredByAnother(ServerKind writer, ServerKind reader)
    {
        using var directory = new TemporaryDirectory();
        HashKVResponse written;
        await using (EtcdServer first = await StartAsync(writer, directory.File("data")))
        {
            written = await FillAsync(first);
            await first.KillAsync();
        }

        await using EtcdServer second = await StartAsync(reader, directory.File("data"));

        await AssertHoldsAsync(second, written);
    }

    // A cluster stays at version 3.4 as long as one member is; alone, ours would raise it, and 3.4 would refuse the directory.
    [Fact(Timeout = 120_000, SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task DataDirectory_OfOursInAClusterOf34_IsTakenOverByReal34()
    {
        await using ProcessCluster cluster = await ProcessCluster.StartWithShortLogsAsync(ServerKind.Real34, ServerKind.Real34, ServerKind.Ours);
        ClusterMember member = cluster[2];
        HashKVResponse written = await FillAsync(member.Process);
        await member.TerminateAsync();
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(member.Directory, "member", "snap"), "*.snap"));

        member.Kind = ServerKind.Real34;
        await cluster.StartAsync(member);

        // It has applied what the others have, and as the leader it answers about leases from its own database.
        await cluster.MoveLeaderAsync(member);
        await member.GetAsync("key/0000");
        await AssertHoldsAsync(member.Process, written);
        Assert.StartsWith("3.4.", (await member.StatusAsync())!.Version, StringComparison.Ordinal);
    }

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Ours)]
    [InlineData(ServerKind.Real35)]
    public async Task DataDirectory_GoneBackAndForth_KeepsGrowing(ServerKind last)
    {
        using var directory = new TemporaryDirectory();
        ServerKind[] turns = [ServerKind.Ours, ServerKind.Real35, ServerKind.Ours, ServerKind.Real35, last];
        for (int turn = 0; turn < turns.Length; turn++)
        {
            await using EtcdServer server = await StartAsync(turns[turn], directory.File("data"));
            await using var connection = new EtcdConnection(server);
            await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Text($"turn/{turn}"), Value = Text(turns[turn].ToString()) });
            RangeResponse all = await connection.CallAsync(EtcdMethods.Range, new RangeRequest { Key = Text("turn/"), RangeEnd = Text("turn0") });

            Assert.Equal(turns.Take(turn + 1).Select(kind => kind.ToString()), all.Kvs.Select(pair => pair.Value.ToStringUtf8()));
            Assert.Equal(turn + 2, all.Header.Revision);
            await server.TerminateAsync();
        }
    }

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Ours)]
    [InlineData(ServerKind.Real35)]
    public async Task Snapshot_SavedByRealEtcdctl_IsGoodToRealEtcdutlAndRestores(ServerKind kind)
    {
        using var directory = new TemporaryDirectory();
        string snapshot = directory.File("snapshot.db");
        await using EtcdServer server = await StartAsync(kind, directory.File("data"));
        HashKVResponse written = await FillAsync(server);

        await RunAsync(RealEtcd.Ctl("3.5"), "--endpoints", server.Endpoint, "snapshot", "save", snapshot);
        CommandOutcome status = await RunAsync(RealEtcd.Utl, "snapshot", "status", snapshot, "-w", "json");

        Assert.Contains($"\"revision\":{written.Header.Revision},", status.Output, StringComparison.Ordinal);
        foreach (ServerKind reader in new[] { ServerKind.Real35, kind }.Distinct())
        {
            string restoredDirectory = directory.File($"restored-for-{reader}");
            await RunAsync(RealEtcd.Utl, "snapshot", "restore", snapshot, "--data-dir", restoredDirectory);
            await using EtcdServer restored = await StartAsync(reader, restoredDirectory);
            await AssertHoldsAsync(restored, written);
        }
    }

    // Also the way back to 3.4 of a member whose cluster version is 3.5: a snapshot has none.
    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Real34)]
    [InlineData(ServerKind.Real35)]
    public async Task Snapshot_SavedByOurEtcdctl_IsRestoredByTheToolOfRealEtcd(ServerKind reader)
    {
        using var directory = new TemporaryDirectory();
        string snapshot = directory.File("snapshot.db");
        HashKVResponse written;
        await using (EtcdServer server = await StartAsync(ServerKind.Ours, directory.File("data")))
        {
            written = await FillAsync(server);
            await RunAsync(OurPrograms.Ctl, "--endpoints", server.Endpoint, "snapshot", "save", snapshot);
        }

        // Without its checksum each of them refuses the file.
        await RunAsync(
            reader == ServerKind.Real34 ? RealEtcd.Ctl("3.4") : RealEtcd.Utl, "snapshot", "restore", snapshot, "--data-dir", directory.File("restored"));

        await using EtcdServer restored = await StartAsync(reader, directory.File("restored"));
        await AssertHoldsAsync(restored, written);
    }

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData("3.4")]
    [InlineData("3.5")]
    public async Task Snapshot_TakenUnderWrites_IsOneConsistentState(string version)
    {
        using var directory = new TemporaryDirectory();
        string snapshot = directory.File("snapshot.db");
        await using EtcdServer server = await StartAsync(ServerKind.Ours, directory.File("data"));
        await FillAsync(server);
        var load = Faults.Load.Start(server, "meanwhile");
        await load.WaitForAcknowledgementsAsync(50);

        await RunAsync(RealEtcd.Ctl(version), "--endpoints", server.Endpoint, "snapshot", "save", snapshot);
        await server.TerminateAsync();
        await load.EndAsync();

        // Restoring checks the checksum; starting on it reads all of it.
        await RunAsync(RealEtcd.Utl, "snapshot", "restore", snapshot, "--data-dir", directory.File("restored"));
        await using EtcdServer restored = await StartAsync(ServerKind.Real35, directory.File("restored"));
        await using var connection = new EtcdConnection(restored);
        RangeResponse keys = await connection.CallAsync(EtcdMethods.Range, new RangeRequest { Key = Text("key/"), RangeEnd = Text("key0") });
        Assert.Equal(Keys, keys.Count);
    }

    // Puts, overwrites, deletes, a transaction, a lease and a compaction: every kind of record a store can hold.
    private static async Task<HashKVResponse> FillAsync(EtcdServer server)
    {
        await using var connection = new EtcdConnection(server);
        LeaseGrantResponse lease = await connection.CallAsync(EtcdMethods.LeaseGrant, new LeaseGrantRequest { TTL = 3600 });
        for (int number = 0; number < Keys; number++)
        {
            await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Text($"key/{number:D4}"), Value = Text($"{number}"), Lease = number % 10 == 0 ? lease.ID : 0 });
        }

        await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Text("gone"), Value = Text("x") });
        await connection.CallAsync(EtcdMethods.DeleteRange, new DeleteRangeRequest { Key = Text("gone") });
        TxnResponse transaction = await connection.CallAsync(EtcdMethods.Txn, new TxnRequest
        {
            Success =
            {
                new RequestOp { RequestPut = new PutRequest { Key = Text("key/0001"), Value = Text("again") } },
                new RequestOp { RequestPut = new PutRequest { Key = Text("key/0002"), Value = Text("again") } },
            },
        });
        await connection.CallAsync(EtcdMethods.Compact, new CompactionRequest { Revision = transaction.Header.Revision - 50, Physical = true });
        return await connection.CallAsync(EtcdMethods.HashKv, new HashKVRequest());
    }

    private static async Task AssertHoldsAsync(EtcdServer server, HashKVResponse written)
    {
        await using var connection = new EtcdConnection(server);
        HashKVResponse now = await connection.CallAsync(EtcdMethods.HashKv, new HashKVRequest { Revision = written.Header.Revision });
        RangeResponse keys = await connection.CallAsync(EtcdMethods.Range, new RangeRequest { Key = Text("key/"), RangeEnd = Text("key0") });

        Assert.Equal((written.Hash, written.CompactRevision, written.Header.Revision), (now.Hash, now.CompactRevision, now.Header.Revision));
        Assert.Equal(Keys, keys.Count);
        Assert.Equal("again", keys.Kvs[1].Value.ToStringUtf8());
        LeaseTimeToLiveResponse lease = await connection.CallAsync(EtcdMethods.LeaseTimeToLive, new LeaseTimeToLiveRequest { ID = keys.Kvs[0].Lease, Keys = true });
        Assert.Equal((3600, Keys / 10), (lease.GrantedTTL, lease.Keys.Count));
        PutResponse next = await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Text("next") });
        Assert.Equal(written.Header.Revision + 1, next.Header.Revision);
        await connection.CallAsync(EtcdMethods.DeleteRange, new DeleteRangeRequest { Key = Text("next") });
    }

    private static Task<EtcdServer> StartAsync(ServerKind kind, string dataDirectory) =>
        EtcdServer.StartAsync(
            new EtcdServerOptions { Kind = kind, DataDirectory = dataDirectory, HasFixedIdentity = true },
            TestContext.Current.CancellationToken);

    private static async Task<CommandOutcome> RunAsync(string program, params string[] arguments)
    {
        CommandOutcome outcome = await new Command(program, arguments)
        {
            Environment = new Dictionary<string, string> { ["ETCDCTL_API"] = "3" },
        }.RunAsync(TestContext.Current.CancellationToken);
        return outcome.MustSucceed();
    }

    private static ByteString Text(string text) => ByteString.CopyFromUtf8(text);
}
