using System.Globalization;
using System.Security.Cryptography;
using System.Text;

using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

using Google.Protobuf;

namespace Etcd.Interop.Offline;

/// <summary><c>etcdctl snapshot keep</c> and what <c>etcdutl snapshot restore</c> brings back from it, at any revision and time.</summary>
public sealed class IncrementalBackupTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private int _restored;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Backup => _directory.File("backup");

    public void Dispose() => _directory.Dispose();

    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Ours, ServerKind.Ours)]
    [InlineData(ServerKind.Ours, ServerKind.Real35)]
    [InlineData(ServerKind.Real35, ServerKind.Ours)]
    [InlineData(ServerKind.Real34, ServerKind.Ours)]
    public async Task Restore_ToARevisionBetweenTwoRuns_IsTheStoreOfThatMoment(ServerKind kept, ServerKind restoredBy)
    {
        await using EtcdServer server = await StartAsync(kept, _directory.File("data"));
        await using var connection = new EtcdConnection(server);
        await WriteAsync(connection, 0, 20);
        await KeepAsync(server);
        LeaseGrantResponse lease = await connection.CallAsync(EtcdMethods.LeaseGrant, new LeaseGrantRequest { TTL = 3600 });
        await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Text("leased"), Lease = lease.ID });
        HashKVResponse wanted = await WriteAsync(connection, 10, 40);
        await KeepAsync(server);
        await WriteAsync(connection, 0, 50);
        await connection.CallAsync(EtcdMethods.DeleteRange, new DeleteRangeRequest { Key = Text("leased") });
        await KeepAsync(server);

        (HashKVResponse found, LeaseTimeToLiveResponse leaseFound) = await RestoreAsync(restoredBy, $"--to-revision {wanted.Header.Revision}", lease.ID);

        Assert.Equal((wanted.Hash, wanted.Header.Revision), (found.Hash, found.Header.Revision));
        Assert.Equal((3600, "leased"), (leaseFound.GrantedTTL, Assert.Single(leaseFound.Keys).ToStringUtf8()));
    }

    // 3.4.23 takes a deletion away with the compaction at it: the base's last record is older than the store.
    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Ours)]
    [InlineData(ServerKind.Real34)]
    public async Task Restore_LastChangeBeforeTheBaseWasADeletionAndIsCompacted_IsTheStoreOfThatMoment(ServerKind kept)
    {
        await using EtcdServer server = await StartAsync(kept, _directory.File("data"));
        await using var connection = new EtcdConnection(server);
        await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Text("gone") });
        DeleteRangeResponse deleted = await connection.CallAsync(EtcdMethods.DeleteRange, new DeleteRangeRequest { Key = Text("gone") });
        await connection.CallAsync(EtcdMethods.Compact, new CompactionRequest { Revision = deleted.Header.Revision, Physical = true });
        await KeepAsync(server);
        HashKVResponse wanted = await WriteAsync(connection, 0, 10);
        await KeepAsync(server);

        await AssertRestoresAsync(wanted, "");
    }

    [Fact]
    public async Task Restore_ToTheNewest_IsTheStoreAsItWasKept()
    {
        await using EtcdServer server = await StartAsync(ServerKind.Ours, _directory.File("data"));
        await using var connection = new EtcdConnection(server);
        await KeepAsync(server);
        HashKVResponse wanted = await WriteAsync(connection, 0, 30);
        await KeepAsync(server);

        (HashKVResponse found, _) = await RestoreAsync(ServerKind.Ours, "", 0);

        Assert.Equal((wanted.Hash, wanted.Header.Revision), (found.Hash, found.Header.Revision));
    }

    [Fact]
    public async Task Restore_ToATime_StopsAtWhatHadBeenSeenThen()
    {
        await using EtcdServer server = await StartAsync(ServerKind.Ours, _directory.File("data"));
        await using var connection = new EtcdConnection(server);
        await KeepAsync(server);
        HashKVResponse wanted = await WriteAsync(connection, 0, 10);
        await KeepAsync(server);
        DateTimeOffset between = DateTimeOffset.UtcNow + TimeSpan.FromMilliseconds(2);
        await WaitUntilAsync(between + TimeSpan.FromMilliseconds(2));
        await WriteAsync(connection, 0, 20);
        await KeepAsync(server);

        (HashKVResponse found, _) = await RestoreAsync(ServerKind.Ours, $"--to-time {Time(between)}", 0);
        CommandOutcome early = await RestoreOnlyAsync($"--to-time {Time(between.AddHours(-1))}");
        CommandOutcome late = await RestoreOnlyAsync($"--to-time {Time(between.AddHours(1))}");

        Assert.Equal((wanted.Hash, wanted.Header.Revision), (found.Hash, found.Header.Revision));
        Assert.Contains("begins after", early.Errors, StringComparison.Ordinal);
        Assert.Contains("is known to be complete up to revision", late.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keep_ChangesAreCompacted_TakesANewBaseAndKeepsAsManyAsAsked()
    {
        await using EtcdServer server = await StartAsync(ServerKind.Ours, _directory.File("data"));
        await using var connection = new EtcdConnection(server);
        HashKVResponse wanted = null!;
        for (int round = 0; round < 3; round++)
        {
            await KeepAsync(server, "--retain 2");
            HashKVResponse written = await WriteAsync(connection, round, 20);
            await connection.CallAsync(EtcdMethods.Compact, new CompactionRequest { Revision = written.Header.Revision, Physical = true });
            await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Text("after") });
            wanted = await connection.CallAsync(EtcdMethods.HashKv, new HashKVRequest());
        }

        await KeepAsync(server, "--retain 2");

        Assert.Equal(2, Directory.GetFiles(Backup, "base-*.db").Length);
        Assert.Equal(2, Directory.GetFiles(Backup, "changes-*.log").Length);
        (HashKVResponse found, _) = await RestoreAsync(ServerKind.Ours, "", 0);
        Assert.Equal(wanted.Header.Revision, found.Header.Revision);
    }

    // Killed between a new base and the last changes before it: nothing wrote these any more, and no revision of them could be restored.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Keep_WasKilledWhenANewBaseHadBeenTaken_HasTheRevisionsBeforeIt(bool hasFirstMark)
    {
        await using EtcdServer server = await StartAsync(ServerKind.Ours, _directory.File("data"));
        await using var connection = new EtcdConnection(server);
        await KeepAsync(server);
        await WriteAsync(connection, 0, 10);
        await KeepAsync(server);
        HashKVResponse wanted = await WriteAsync(connection, 10, 10);
        await WriteAsync(connection, 0, 10);
        string aside = _directory.File("aside");
        (await RunAsync(OurPrograms.Ctl, $"--endpoints {server.Endpoint} snapshot keep {aside} --once")).MustSucceed();
        foreach (string file in Directory.GetFiles(aside, "*-*"))
        {
            File.Copy(file, Path.Combine(Backup, Path.GetFileName(file)));
        }

        string changes = Directory.GetFiles(Backup, "changes-*.log").Order(StringComparer.Ordinal).Last();
        if (hasFirstMark)
        {
            const int FileHeadBytes = 24, RecordHeadBytes = 8;
            using FileStream file = File.Open(changes, FileMode.Open);
            file.Position = FileHeadBytes;
            byte[] length = new byte[sizeof(uint)];
            await file.ReadExactlyAsync(length, Cancellation);
            file.SetLength(FileHeadBytes + RecordHeadBytes + BitConverter.ToUInt32(length));
        }
        else
        {
            File.Delete(changes);
        }

        HashKVResponse last = await WriteAsync(connection, 0, 5);
        await KeepAsync(server);

        await AssertRestoresAsync(wanted, $"--to-revision {wanted.Header.Revision}");
        await AssertRestoresAsync(last, "");
    }

    // A base may hold more than its name says: the changes before it have to reach what it holds.
    [Fact]
    public async Task Keep_WasKilledWhenANewBaseHadBeenTakenThatHoldsMore_HasTheRevisionsInIt()
    {
        await using EtcdServer server = await StartAsync(ServerKind.Ours, _directory.File("data"));
        await using var connection = new EtcdConnection(server);
        await KeepAsync(server);
        await WriteAsync(connection, 0, 10);
        await KeepAsync(server);
        HashKVResponse wanted = await WriteAsync(connection, 10, 10);
        await WriteAsync(connection, 0, 10);
        string aside = _directory.File("aside");
        (await RunAsync(OurPrograms.Ctl, $"--endpoints {server.Endpoint} snapshot keep {aside} --once")).MustSucceed();
        File.Copy(Assert.Single(Directory.GetFiles(aside, "base-*.db")), Path.Combine(Backup, $"base-{wanted.Header.Revision - 1:x16}.db"));

        await KeepAsync(server);

        await AssertRestoresAsync(wanted, $"--to-revision {wanted.Header.Revision}");
    }

    [Fact]
    public async Task Keep_LastRecordIsCutShort_GoesOnWithoutAGap()
    {
        await using EtcdServer server = await StartAsync(ServerKind.Ours, _directory.File("data"));
        await using var connection = new EtcdConnection(server);
        await KeepAsync(server);
        await WriteAsync(connection, 0, 10);
        await KeepAsync(server);
        using (FileStream changes = File.Open(Directory.GetFiles(Backup, "changes-*.log").Single(), FileMode.Open))
        {
            changes.SetLength(changes.Length - 90);
        }

        CommandOutcome before = (await RestoreOnlyAsync("")).MustSucceed();
        HashKVResponse wanted = await WriteAsync(connection, 0, 10);
        CommandOutcome keep = await KeepAsync(server);

        Assert.Contains("the last record is cut short and left out", before.Errors, StringComparison.Ordinal);
        string setAside = Assert.Single(Directory.GetFiles(Backup, "changes-*.log.cut-*"));
        Assert.Contains(setAside, keep.Errors, StringComparison.Ordinal);

        (HashKVResponse found, _) = await RestoreAsync(ServerKind.Ours, "", 0);
        Assert.Equal((wanted.Hash, wanted.Header.Revision), (found.Hash, found.Header.Revision));
    }

    [Fact]
    public async Task KeepAndRestore_ChangesAreDamaged_AreRefusedWithFileAndOffset()
    {
        await using EtcdServer server = await StartAsync(ServerKind.Ours, _directory.File("data"));
        await using var connection = new EtcdConnection(server);
        await KeepAsync(server);
        await WriteAsync(connection, 0, 10);
        await KeepAsync(server);
        string changes = Directory.GetFiles(Backup, "changes-*.log").Single();
        byte[] bytes = await File.ReadAllBytesAsync(changes, Cancellation);
        bytes[45] ^= 1;
        await File.WriteAllBytesAsync(changes, bytes, Cancellation);

        CommandOutcome restore = await RestoreOnlyAsync("");
        CommandOutcome keep = await RunAsync(OurPrograms.Ctl, $"--endpoints {server.Endpoint} snapshot keep {Backup} --once");

        Assert.StartsWith($"{changes}: damaged at offset ", restore.Errors.Split("Error: ")[^1], StringComparison.Ordinal);
        Assert.Contains($"{changes}: damaged at offset ", keep.Errors, StringComparison.Ordinal);
        Assert.Equal((1, 1), (restore.ExitCode, keep.ExitCode));
        Assert.False(Directory.Exists(_directory.File("restored-1/member")));
    }

    // Nothing but the hash that the member had reported tells that a value is another one: the file's own checksum is right, or not asked for.
    [Theory]
    [InlineData(true, "")]
    [InlineData(false, "--skip-hash-check")]
    public async Task Restore_AByteOfAValueInTheBaseIsAnother_IsRefusedByTheHashAndLeavesNothing(bool isChecksumRight, string flags)
    {
        await using EtcdServer server = await StartAsync(ServerKind.Ours, _directory.File("data"));
        await using var connection = new EtcdConnection(server);
        await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Text("marked"), Value = Text("a-value-of-the-base") });
        await KeepAsync(server);
        HashKVResponse wanted = await WriteAsync(connection, 0, 10);
        await KeepAsync(server);
        string path = Directory.GetFiles(Backup, "base-*.db").Single();
        byte[] bytes = await File.ReadAllBytesAsync(path, Cancellation);
        Span<byte> database = bytes.AsSpan(0, bytes.Length - SHA256.HashSizeInBytes);
        Assert.NotEqual(0, ChangeAll(database, "a-value-of-the-base"u8, "b-value-of-the-base"u8));
        if (isChecksumRight)
        {
            SHA256.HashData(database, bytes.AsSpan(database.Length));
        }

        await File.WriteAllBytesAsync(path, bytes, Cancellation);

        CommandOutcome restore = await RestoreOnlyAsync(flags);

        Assert.Equal(1, restore.ExitCode);
        Assert.Matches($"^the restored keys have hash [0-9]+ at revision {wanted.Header.Revision}, the member had {wanted.Hash}\n$", restore.Errors.Split("Error: ")[^1]);
        Assert.False(Directory.Exists(_directory.File("restored-1/member")));
    }

    [Fact]
    public async Task Keep_DirectoryOfAnotherCluster_IsRefused()
    {
        await using EtcdServer first = await StartAsync(ServerKind.Ours, _directory.File("data"));
        await KeepAsync(first);
        await using EtcdServer second = await StartAsync(ServerKind.Ours, _directory.File("other"), "--initial-cluster-token", "another");

        CommandOutcome keep = await RunAsync(OurPrograms.Ctl, $"--endpoints {second.Endpoint} snapshot keep {Backup} --once");

        Assert.Equal(1, keep.ExitCode);
        Assert.Contains("holds the backup of cluster", keep.Errors, StringComparison.Ordinal);
    }

    // The id of a restored cluster is that of the old one. Its changes were taken for those that the directory had already, or for what follows them.
    [Theory(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    [InlineData(ServerKind.Ours, 1)]
    [InlineData(ServerKind.Ours, 80)]
    [InlineData(ServerKind.Real35, 80)]
    public async Task Keep_ClusterWasRestoredToAnEarlierRevision_BeginsAnotherHistory(ServerKind kind, int writes)
    {
        HashKVResponse early, old;
        await using (EtcdServer server = await StartAsync(kind, _directory.File("data")))
        {
            await using var connection = new EtcdConnection(server);
            await KeepAsync(server);
            early = await WriteAsync(connection, 0, 20);
            old = await WriteAsync(connection, 0, 40);
            await KeepAsync(server);
        }

        (await RestoreOnlyAsync($"--to-revision {early.Header.Revision}")).MustSucceed();
        HashKVResponse wanted;
        CommandOutcome keep, again;
        await using (EtcdServer server = await StartAsync(kind, _directory.File($"restored-{_restored}")))
        {
            await using var connection = new EtcdConnection(server);
            await WriteAsync(connection, 100, writes);
            keep = await KeepAsync(server, "--retain 1");
            wanted = await WriteAsync(connection, 100, 10);
            again = await KeepAsync(server, "--retain 1");
        }

        Assert.Contains("the cluster was put back to an earlier state", keep.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("put back", again.Errors, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFiles(Backup, "base-*.db").Length);
        await AssertRestoresAsync(wanted, "");
        await AssertRestoresAsync(wanted, $"--to-revision {wanted.Header.Revision}");
        await AssertRestoresAsync(old, "--history 1");
        await AssertRestoresAsync(early, $"--history 1 --to-revision {early.Header.Revision}");
        CommandOutcome refused = await RestoreOnlyAsync($"--to-revision {early.Header.Revision}");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("in history 2", refused.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1h")]
    [InlineData("50ms")]
    public async Task Keep_ClusterIsPutBackAndPassesTheRevisionWhileTheConnectionIsLost_BeginsAnotherHistory(string hashInterval)
    {
        int port = LoopbackPorts.Take();
        EtcdServer kept = await StartAsync(ServerKind.Ours, _directory.File("data"), port);
        await using RunningCommand keeper = KeepOn(port, $"--hash-interval {hashInterval}");
        HashKVResponse early;
        await using (kept)
        {
            await using var connection = new EtcdConnection(kept);
            await WaitForAsync(keeper, "took base snapshot");
            early = await WriteAsync(connection, 0, 20);
            await WriteAsync(connection, 0, 10);
            await WriteMarkedAsync(connection, "first-mark");
        }

        (await RestoreOnlyAsync($"--to-revision {early.Header.Revision}")).MustSucceed();
        string restored = _directory.File($"restored-{_restored}");
        await using (EtcdServer server = await StartAsync(ServerKind.Ours, restored))
        {
            await using var connection = new EtcdConnection(server);
            await WriteAsync(connection, 100, 80);
            await server.TerminateAsync();
        }

        HashKVResponse wanted;
        await using (EtcdServer server = await StartAsync(ServerKind.Ours, restored, port))
        {
            await using var connection = new EtcdConnection(server);
            await WaitForAsync(keeper, "a new history of the cluster begins");
            wanted = await WriteMarkedAsync(connection, "second-mark");
        }

        await keeper.KillAsync();
        Assert.Contains("the cluster was put back to an earlier state", keeper.Errors.Text, StringComparison.Ordinal);
        await AssertRestoresAsync(wanted, "");
    }

    // Its name is the revision: the base was taken again over itself, and its changes, marks of the idle time, were deleted.
    [Fact]
    public async Task Keep_NothingHappensForLongerThanABaseLasts_KeepsTheBaseAndItsMarks()
    {
        int port = LoopbackPorts.Take();
        await using EtcdServer server = await StartAsync(ServerKind.Ours, _directory.File("data"), port);
        await using var connection = new EtcdConnection(server);
        await WriteAsync(connection, 0, 5);
        await using RunningCommand keeper = KeepOn(port, "--base-interval 1ms --mark-interval 20ms");
        await WaitForAsync(keeper, "took base snapshot");
        DateTimeOffset idle = DateTimeOffset.UtcNow;
        string changes = await WaitForFileAsync(_ => true);
        long before = new FileInfo(changes).Length;

        await WaitForFileAsync(bytes => bytes.Length > before + 300);
        int basesWhileIdle = keeper.Errors.Lines.Count(line => line.Contains("took base snapshot", StringComparison.Ordinal));
        await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Text("k") });
        await WaitForAsync(keeper, "took base snapshot", count: 2);
        await keeper.KillAsync();

        Assert.Equal(1, basesWhileIdle);
        Assert.True(Directory.GetFiles(Backup, "base-*.db").Length > 1);
        (await RestoreOnlyAsync($"--to-time {Time(idle)}")).MustSucceed();
    }

    [Theory]
    [InlineData("--bump-revision 9223372036854775807 --mark-compacted", "bump-revision 9223372036854775807 is too large")]
    [InlineData("--bump-revision 18446744073709551615 --mark-compacted", "bump-revision 18446744073709551615 is too large")]
    [InlineData("--initial-memory-map-size 9223372036854775807", "initial-memory-map-size 9223372036854775807 is too large")]
    [InlineData("--initial-memory-map-size 9223372036854775808", "initial-memory-map-size 9223372036854775808 is too large")]
    public async Task Restore_NumberIsTooLarge_IsRefusedInOneLine(string flags, string expected)
    {
        await using EtcdServer server = await StartAsync(ServerKind.Ours, _directory.File("data"));
        await KeepAsync(server);

        CommandOutcome restore = await RestoreOnlyAsync(flags);

        Assert.Equal(1, restore.ExitCode);
        Assert.StartsWith(expected, restore.Errors.Split("Error: ")[^1], StringComparison.Ordinal);
        Assert.False(Directory.Exists(_directory.File("restored-1/member")));
    }

    /// <summary>Replaces text by other text of the same length, wherever it stands: a database may have older versions of a page.</summary>
    /// <returns>How often it stood there.</returns>
    private static int ChangeAll(Span<byte> bytes, ReadOnlySpan<byte> text, ReadOnlySpan<byte> other)
    {
        int count = 0;
        for (int at = bytes.IndexOf(text); at >= 0; at = bytes.IndexOf(text))
        {
            other.CopyTo(bytes[at..]);
            count++;
        }

        return count;
    }

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static async Task WaitUntilAsync(DateTimeOffset time)
    {
        while (DateTimeOffset.UtcNow < time)
        {
            await Task.Yield();
        }
    }

    /// <summary>Puts, a transaction and a deletion.</summary>
    private static async Task<HashKVResponse> WriteAsync(EtcdConnection connection, int from, int count)
    {
        for (int number = from; number < from + count; number++)
        {
            await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Text($"key/{number:D3}"), Value = Text($"{count}") });
        }

        await connection.CallAsync(EtcdMethods.Txn, new TxnRequest
        {
            Success =
            {
                new RequestOp { RequestPut = new PutRequest { Key = Text("z"), Value = Text("1") } },
                new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = Text($"key/{from:D3}") } },
                new RequestOp { RequestPut = new PutRequest { Key = Text("a"), Value = Text("2") } },
            },
        });
        await connection.CallAsync(EtcdMethods.DeleteRange, new DeleteRangeRequest { Key = Text($"key/{from + 1:D3}"), RangeEnd = Text($"key/{from + 4:D3}") });
        return await connection.CallAsync(EtcdMethods.HashKv, new HashKVRequest());
    }

    private static Task<EtcdServer> StartAsync(ServerKind kind, string data, params string[] flags) => EtcdServer.StartAsync(
        new EtcdServerOptions { Kind = kind, DataDirectory = data, HasFixedIdentity = true, Flags = flags }, Cancellation);

    private static Task<EtcdServer> StartAsync(ServerKind kind, string data, int port) => EtcdServer.StartAsync(
        new EtcdServerOptions { Kind = kind, DataDirectory = data, HasFixedIdentity = true, ClientPort = port }, Cancellation);

    private static Task<CommandOutcome> RunAsync(string program, string line) =>
        new Command(program, line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).RunAsync(Cancellation);

    private static ByteString Text(string text) => ByteString.CopyFromUtf8(text);

    private static async Task WaitForAsync(RunningCommand keeper, string line, int count = 1)
    {
        int seen = 0;
        await keeper.Errors.WaitForAsync(
            text => text.Contains(line, StringComparison.Ordinal) && ++seen >= count, TimeSpan.FromSeconds(60), Cancellation);
    }

    private async Task<CommandOutcome> KeepAsync(EtcdServer server, string flags = "") =>
        (await RunAsync(OurPrograms.Ctl, $"--endpoints {server.Endpoint} snapshot keep {Backup} --once {flags}")).MustSucceed();

    /// <summary>Keeps the directory until it is ended, from a member that may not be there yet.</summary>
    private RunningCommand KeepOn(int port, string flags) => RunningCommand.Start(new Command(
        OurPrograms.Ctl, $"--endpoints 127.0.0.1:{port} snapshot keep {Backup} {flags}".Split(' ', StringSplitOptions.RemoveEmptyEntries)));

    /// <summary>Puts a key and waits until a running keeper has written it.</summary>
    private async Task<HashKVResponse> WriteMarkedAsync(EtcdConnection connection, string mark)
    {
        await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Text(mark) });
        byte[] wanted = Encoding.UTF8.GetBytes(mark);
        await WaitForFileAsync(bytes => bytes.AsSpan().IndexOf(wanted) >= 0);
        return await connection.CallAsync(EtcdMethods.HashKv, new HashKVRequest());
    }

    /// <summary>Waits for a file of changes.</summary>
    private async Task<string> WaitForFileAsync(Func<byte[], bool> fits)
    {
        DateTimeOffset limit = DateTimeOffset.UtcNow + TimeSpan.FromSeconds(60);
        while (true)
        {
            string[] files = Directory.Exists(Backup) ? Directory.GetFiles(Backup, "changes-*.log") : [];
            if (files.FirstOrDefault(file => fits(File.ReadAllBytes(file))) is { } found)
            {
                return found;
            }

            Assert.True(DateTimeOffset.UtcNow < limit, "the keeper has not written what was waited for");
            await Task.Delay(TimeSpan.FromMilliseconds(10), Cancellation);
        }
    }

    private async Task AssertRestoresAsync(HashKVResponse wanted, string flags)
    {
        (HashKVResponse found, _) = await RestoreAsync(ServerKind.Ours, flags, 0);
        Assert.Equal((wanted.Hash, wanted.Header.Revision), (found.Hash, found.Header.Revision));
    }

    private Task<CommandOutcome> RestoreOnlyAsync(string flags) =>
        RunAsync(OurPrograms.Utl, $"snapshot restore {Backup} --data-dir {_directory.File($"restored-{++_restored}")} {flags}");

    private async Task<(HashKVResponse Hash, LeaseTimeToLiveResponse Lease)> RestoreAsync(ServerKind kind, string flags, long lease)
    {
        CommandOutcome restore = (await RestoreOnlyAsync(flags)).MustSucceed();
        Assert.Contains("verified by hash", restore.Errors, StringComparison.Ordinal);
        await using EtcdServer server = await StartAsync(kind, _directory.File($"restored-{_restored}"));
        await using var connection = new EtcdConnection(server);
        return (
            await connection.CallAsync(EtcdMethods.HashKv, new HashKVRequest()),
            await connection.CallAsync(EtcdMethods.LeaseTimeToLive, new LeaseTimeToLiveRequest { ID = lease, Keys = true }));
    }
}
