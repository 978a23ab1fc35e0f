using System.Text.RegularExpressions;

using Etcd.Interop.Auth;
using Etcd.Interop.Integrity;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

using Google.Protobuf;

namespace Etcd.Interop.Offline;

/// <summary><c>etcdutl snapshot restore --roll-forward</c>: a snapshot and the log that its member has written since.</summary>
public sealed class LogRollForwardTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private int _restored;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Data => _directory.File("data");

    private string Snapshot => _directory.File("snapshot.db");

    public void Dispose() => _directory.Dispose();

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Ours, ServerKind.Real35)]
    [InlineData(ServerKind.Real35, ServerKind.Ours)]
    [InlineData(ServerKind.Real34, ServerKind.Ours)]
    public async Task Restore_RolledForwardToRevisions_IsTheStoreOfEachMoment(ServerKind source, ServerKind restoredBy)
    {
        List<HashKVResponse> moments = [];
        LeaseGrantResponse kept;
        LeaseGrantResponse revoked;
        await using (EtcdServer server = await StartAsync(source, Data))
        {
            await using var connection = new EtcdConnection(server);
            await WriteAsync(connection, 0, 10);
            revoked = await connection.CallAsync(EtcdMethods.LeaseGrant, new LeaseGrantRequest { TTL = 3600 });
            await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Text("ends"), Lease = revoked.ID });
            await SaveAsync(server);
            kept = await connection.CallAsync(EtcdMethods.LeaseGrant, new LeaseGrantRequest { TTL = 7200 });
            await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Text("stays"), Lease = kept.ID });
            await connection.CallAsync(AuthMethods.RoleAdd, new AuthRoleAddRequest { Name = "reader" });
            await connection.CallAsync(AuthMethods.UserAdd, new AuthUserAddRequest { Name = "ann", Password = "secret" });
            await connection.CallAsync(AuthMethods.UserGrantRole, new AuthUserGrantRoleRequest { User = "ann", Role = "reader" });
            moments.Add(await WriteAsync(connection, 5, 20));
            await connection.CallAsync(EtcdMethods.LeaseRevoke, new LeaseRevokeRequest { ID = revoked.ID });
            moments.Add(await HashAsync(connection));
            await connection.CallAsync(
                EtcdMethods.Compact, new CompactionRequest { Revision = moments[0].Header.Revision, Physical = true });
            moments.Add(await WriteAsync(connection, 0, 15));
        }

        foreach (HashKVResponse wanted in moments)
        {
            CommandOutcome restore = (await RestoreAsync($"--roll-forward {Data} --to-revision {wanted.Header.Revision}")).MustSucceed();
            Assert.Contains($"\"revision\": {wanted.Header.Revision}, \"hash\": {wanted.Hash}, \"compact-revision\": {wanted.CompactRevision}", restore.Errors, StringComparison.Ordinal);
        }

        // Without a revision it goes to the end of the log, whose member is the only voter.
        string restored = _directory.File($"restored-{_restored + 1}");
        CommandOutcome last = (await RestoreAsync($"--roll-forward {Data}")).MustSucceed();
        Assert.Contains("verified by hash", last.Errors, StringComparison.Ordinal);
        await using EtcdServer again = await StartAsync(restoredBy, restored);
        await using var there = new EtcdConnection(again);
        HashKVResponse found = await HashAsync(there);
        LeaseTimeToLiveResponse lease = await there.CallAsync(EtcdMethods.LeaseTimeToLive, new LeaseTimeToLiveRequest { ID = kept.ID, Keys = true });
        LeaseTimeToLiveResponse gone = await there.CallAsync(EtcdMethods.LeaseTimeToLive, new LeaseTimeToLiveRequest { ID = revoked.ID });
        CommandOutcome user = (await RunAsync(OurPrograms.Ctl, $"--endpoints {again.Endpoint} user get ann")).MustSucceed();
        Assert.Equal((moments[^1].Hash, moments[^1].Header.Revision), (found.Hash, found.Header.Revision));
        Assert.Equal((7200, "stays"), (lease.GrantedTTL, Assert.Single(lease.Keys).ToStringUtf8()));
        Assert.Equal(-1, gone.TTL);
        Assert.Contains("reader", user.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restore_FromTheDatabaseOfADirectoryAndItsLogAlone_GoesToTheEnd()
    {
        HashKVResponse wanted;
        await using (EtcdServer server = await StartAsync(ServerKind.Ours, Data))
        {
            await using var connection = new EtcdConnection(server);
            await WriteAsync(connection, 0, 10);
            await SaveAsync(server);
            wanted = await WriteAsync(connection, 0, 10);
        }

        CommandOutcome restore = (await RestoreAsync($"--roll-forward {Data}/member/wal --skip-hash-check")).MustSucceed();

        Assert.Contains($"\"revision\": {wanted.Header.Revision}, \"hash\": {wanted.Hash}", restore.Errors, StringComparison.Ordinal);
        Assert.Contains("no hash to verify with", restore.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Restore_PointThatTheLogDoesNotReach_IsRefusedAndLeavesNothing()
    {
        long begun;
        long ended;
        await using (EtcdServer server = await StartAsync(ServerKind.Ours, Data))
        {
            await using var connection = new EtcdConnection(server);
            begun = (await WriteAsync(connection, 0, 10)).Header.Revision;
            await SaveAsync(server);
            ended = (await WriteAsync(connection, 0, 10)).Header.Revision;
        }

        await using (EtcdServer other = await StartAsync(ServerKind.Ours, _directory.File("other"), "--initial-cluster-token", "another"))
        {
            await using var connection = new EtcdConnection(other);
            await WriteAsync(connection, 0, 10);
        }

        CommandOutcome early = await RestoreAsync($"--roll-forward {Data} --to-revision {begun - 1}");
        CommandOutcome late = await RestoreAsync($"--roll-forward {Data} --to-revision {ended + 1}");
        CommandOutcome wrong = await RestoreAsync($"--roll-forward {_directory.File("other")}");
        CommandOutcome none = await RestoreAsync($"--roll-forward {_directory.File("nothing")}");
        CommandOutcome timed = await RestoreAsync($"--roll-forward {Data} --to-time 2026-01-01T00:00:00Z");

        Assert.Equal($"Error: the snapshot is at revision {begun} already, later than {begun - 1}", LastLine(early));
        Assert.Equal($"Error: {Data}/member/wal ends at revision {ended}, before {ended + 1}", LastLine(late));
        Assert.StartsWith($"Error: {_directory.File("other")}/member/wal is the log of member ", LastLine(wrong), StringComparison.Ordinal);
        Assert.EndsWith("which the cluster of the snapshot does not have", LastLine(wrong), StringComparison.Ordinal);
        Assert.Equal($"Error: {_directory.File("nothing")}: no write-ahead log", LastLine(none));
        Assert.Contains("a log holds no times", timed.Errors, StringComparison.Ordinal);
        Assert.Contains("etcdctl snapshot keep", timed.Errors, StringComparison.Ordinal);
        Assert.Equal([1, 1, 1, 1, 128], [early.ExitCode, late.ExitCode, wrong.ExitCode, none.ExitCode, timed.ExitCode]);
        Assert.DoesNotContain(Directory.GetDirectories(_directory.Path, "restored-*"), restored => Directory.EnumerateFileSystemEntries(restored).Any());
    }

    [Fact]
    public async Task Restore_TheMemberHasAnotherValueThanItsLog_IsRefusedByTheHashAndLeavesNothing()
    {
        HashKVResponse written;
        await using (EtcdServer server = await StartAsync(ServerKind.Ours, Data))
        {
            await using var connection = new EtcdConnection(server);
            await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Text("marked"), Value = Text("a") });
            await SaveAsync(server);
            written = await WriteAsync(connection, 0, 10);
            await server.TerminateAsync();
        }

        AlteredDatabase.SetValue(Data, "marked", "b");

        CommandOutcome restore = await RestoreAsync($"--roll-forward {Data}");

        Assert.Equal(1, restore.ExitCode);
        Assert.Matches(
            $"^Error: the restored keys have hash {written.Hash} at revision {written.Header.Revision}, {Regex.Escape(Data)}/member/snap/db has [0-9]+$", LastLine(restore));
        Assert.DoesNotContain(Directory.GetDirectories(_directory.Path, "restored-*"), restored => Directory.EnumerateFileSystemEntries(restored).Any());
    }

    private static string LastLine(CommandOutcome outcome) => outcome.Errors.TrimEnd().Split('\n')[^1];

    /// <summary>Puts, a transaction and a deletion.</summary>
    private static async Task<HashKVResponse> WriteAsync(EtcdConnection connection, int from, int count)
    {
        for (int number = from; number < from + count; number++)
        {
            await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Text($"key/{number:D3}"), Value = Text($"{count}") });
        }

        await connection.CallAsync(EtcdMethods.Txn, new TxnRequest
        {
            Compare = { new Compare { Key = Text("z"), Target = Compare.Types.CompareTarget.Version, Result = Compare.Types.CompareResult.Less, Version = 100 } },
            Success =
            {
                new RequestOp { RequestPut = new PutRequest { Key = Text("z"), Value = Text("1") } },
                new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = Text($"key/{from:D3}") } },
            },
        });
        await connection.CallAsync(EtcdMethods.DeleteRange, new DeleteRangeRequest { Key = Text($"key/{from + 1:D3}"), RangeEnd = Text($"key/{from + 4:D3}") });
        return await HashAsync(connection);
    }

    private static async Task<HashKVResponse> HashAsync(EtcdConnection connection) => await connection.CallAsync(EtcdMethods.HashKv, new HashKVRequest());

    private static Task<EtcdServer> StartAsync(ServerKind kind, string data, params string[] flags) => EtcdServer.StartAsync(
        new EtcdServerOptions { Kind = kind, DataDirectory = data, HasFixedIdentity = true, Flags = flags }, Cancellation);

    private static Task<CommandOutcome> RunAsync(string program, string line) =>
        new Command(program, line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).RunAsync(Cancellation);

    private static ByteString Text(string text) => ByteString.CopyFromUtf8(text);

    private async Task SaveAsync(EtcdServer server) =>
        (await RunAsync(OurPrograms.Ctl, $"--endpoints {server.Endpoint} snapshot save {Snapshot}")).MustSucceed();

    private Task<CommandOutcome> RestoreAsync(string flags) =>
        RunAsync(OurPrograms.Utl, $"snapshot restore {Snapshot} --data-dir {_directory.File($"restored-{++_restored}")} {flags}");
}
