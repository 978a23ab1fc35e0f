using Etcd.Auth;
using Etcd.Lease;
using Etcd.Mvcc;
using Etcd.Mvcc.Watch;
using Etcd.Peer;
using Etcd.Raft;
using Etcd.Server.Bootstrap;
using Etcd.Server.Consensus;
using Etcd.Server.Leases;
using Etcd.Server.Limits;
using Etcd.Server.Membership;
using Etcd.Server.Observation;
using Etcd.Server.Snapshots;
using Etcd.Server.Tests.Members;
using Etcd.Testing.SimulatedDisk;
using Etcd.Wal;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Server.Tests.Snapshots;

// Whatever step of receiving and installing a snapshot is the last before the power goes, the member starts again, and has all it had.
public sealed class InstallationCrashTests
{
    [Fact]
    public async Task PowerLoss_AtAnyStepOfReceivingAndInstalling_LeavesTheOldStateOrTheNewOne()
    {
        LeaderSnapshot snapshot = await LeaderSnapshot.MakeAsync();
        var checks = new List<Func<Task>>();

        int steps = CrashSweep.Run(
            snapshot.NewDisk,
            () => new Progress(),
            (disk, progress) => Unwrapped(() => ReceiveAndInstall(disk, snapshot, progress)),
            (disk, progress, point) => checks.Add(() => CheckAsync(disk, progress, point)),
            draws: 2,
            CrashRules.WholeSectors);

        Assert.InRange(steps, 12, 200);
        foreach (Func<Task> check in checks)
        {
            await check();
        }
    }

    // A process that is killed before the log's sync leaves the snapshot's record in the system's memory, where the next start reads it.
    [Fact]
    public async Task PowerLoss_InTheStartAfterAKillAtAnyStepOfReceiving_LeavesAMemberThatStarts()
    {
        LeaderSnapshot snapshot = await LeaderSnapshot.MakeAsync();
        int recorded = 0;
        bool isKilled = true;
        for (int step = 1; isKilled; step++)
        {
            SimulatedFileSystem disk = snapshot.NewDisk();
            disk.PowerLossAtStep = disk.Steps + step;
            isKilled = IsCutShort(() => ReceiveAndRecord(disk, snapshot));
            SimulatedFileSystem left = disk.AfterProcessKill();
            if (!WriteAheadLog.ReadSnapshotRecords(left, "/data/member/wal").Any(record => record.Index == snapshot.Snapshot.Metadata.Index))
            {
                continue;
            }

            recorded++;
            CrashSweep.Run(
                left.AfterProcessKill,
                () => 0,
                (started, _) => Unwrapped(() => new StoppedMember(started).Dispose()),
                (found, _, point) =>
                {
                    Exception? refusal = Record.Exception(() => new StoppedMember(found).Dispose());
                    Assert.True(refusal is null, $"killed at step {step}, {point}: {refusal?.Message}");
                },
                draws: 2,
                CrashRules.WholeSectors);
        }

        // One with the record in memory only, and the end.
        Assert.True(recorded > 1, $"{recorded} steps with the record in the log");
    }

    // The snapshot is in the log, its database was never exchanged: etcd starts from the received file, and so does this.
    [Fact]
    public async Task Start_DatabaseIsBehindTheRecordedSnapshot_TheReceivedOneTakesItsPlace()
    {
        LeaderSnapshot snapshot = await LeaderSnapshot.MakeAsync();
        SimulatedFileSystem disk = snapshot.NewDisk();
        ReceiveAndRecord(disk, snapshot);

        await using TestMember member = await TestMember.StartAsync(disk.AfterProcessKill());

        Assert.Equal((LeaderSnapshot.OldKeys, LeaderSnapshot.NewKeys), await LeaderSnapshot.KeysOfAsync(member));
    }

    [Fact]
    public async Task Start_TheReceivedDatabaseIsMissing_IsRefusedWithItsName()
    {
        LeaderSnapshot snapshot = await LeaderSnapshot.MakeAsync();
        SimulatedFileSystem disk = snapshot.NewDisk();
        ReceiveAndRecord(disk, snapshot);
        SimulatedFileSystem left = disk.AfterProcessKill();
        left.DeleteFile(DatabasePath(snapshot));

        BootstrapException refusal = await Assert.ThrowsAsync<BootstrapException>(() => TestMember.StartAsync(left));

        Assert.Contains($"{snapshot.Snapshot.Metadata.Index:x16}.snap.db", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_TheReceivedDatabaseIsDamaged_IsRefusedAndTheOldOneIsLeftAlone()
    {
        LeaderSnapshot snapshot = await LeaderSnapshot.MakeAsync();
        SimulatedFileSystem disk = snapshot.NewDisk();
        ReceiveAndRecord(disk, snapshot);
        SimulatedFileSystem left = disk.AfterProcessKill();
        using (Disk.IFile file = left.Open(DatabasePath(snapshot), Disk.FileOpening.ReadWrite))
        {
            file.SetLength(3 * 4096);
        }

        await Assert.ThrowsAsync<BootstrapException>(() => TestMember.StartAsync(left));

        using Backend old = Backend.Open(left, "/data/member/snap/db", new BackendOptions { InitialMapBytes = 1 << 20 });
        Assert.True(old.ConsistentIndex < snapshot.Snapshot.Metadata.Index);
        Assert.True(left.FileExists(DatabasePath(snapshot)));
    }

    private static string DatabasePath(LeaderSnapshot snapshot) =>
        $"/data/member/snap/{snapshot.Snapshot.Metadata.Index:x16}.snap.db";

    private static async Task CheckAsync(SimulatedFileSystem disk, Progress progress, CrashPoint point)
    {
        await using TestMember member = await TestMember.StartAsync(disk);
        (int old, int fresh) = await LeaderSnapshot.KeysOfAsync(member);
        Assert.True(old == LeaderSnapshot.OldKeys, $"{point}: {old} keys are left of those acknowledged before");
        Assert.True(fresh is 0 or LeaderSnapshot.NewKeys, $"{point}: {fresh} keys of the snapshot");
        Assert.True(fresh > 0 || !progress.IsAcknowledged, $"{point}: the snapshot was acknowledged and is gone");
        long revision = await member.PutAsync("after", "1");
        Assert.Equal(1 + old + fresh + 1, revision);
        Assert.Equal("default", Assert.Single(member.Server.Cluster.View.Members).Name);
    }

    private static void ReceiveAndInstall(SimulatedFileSystem disk, LeaderSnapshot snapshot, Progress progress)
    {
        using var stopped = new StoppedMember(disk);
        stopped.Receive(snapshot);
        LogWriter logWriter = stopped.LogWriter(_ => progress.IsAcknowledged = true);
        logWriter.InstallWanted = message =>
        {
            stopped.Installer().Install(message.Snapshot!, appliedIndex: 0);
            logWriter.Post(new LogWork(null, null, message));
        };
        logWriter.Post(new LogWork(snapshot.StorageAppend, null));

        // What comes after it finds log and backend in order.
        ulong next = snapshot.Snapshot.Metadata.Index + 1;
        logWriter.Post(new LogWork(
            new RaftMessage
            {
                Type = MessageType.StorageAppend,
                To = RaftMessage.LocalAppendThread,
                Term = snapshot.Snapshot.Metadata.Term,
                Commit = next,
                Entries = new[] { new Entry(snapshot.Snapshot.Metadata.Term, next, EntryType.Normal, default) },
            },
            null));
        stopped.Member.Backend.EndEntry(next, snapshot.Snapshot.Metadata.Term);
        stopped.Member.Backend.Commit();
    }

    private static void ReceiveAndRecord(SimulatedFileSystem disk, LeaderSnapshot snapshot)
    {
        using var stopped = new StoppedMember(disk);
        stopped.Receive(snapshot);
        LogWriter logWriter = stopped.LogWriter(static _ => { });
        logWriter.InstallWanted = static _ => { };
        logWriter.Post(new LogWork(snapshot.StorageAppend, null));
    }

    private static bool IsCutShort(Action work)
    {
        try
        {
            Unwrapped(work);
            return false;
        }
        catch (PowerLostException)
        {
            return true;
        }
    }

    private static void Unwrapped(Action work)
    {
        try
        {
            work();
        }
        catch (Exception failed) when (failed is not PowerLostException && CauseOf(failed) is { } lost)
        {
            throw lost;
        }
    }

    private static PowerLostException? CauseOf(Exception? failed) =>
        failed is null or PowerLostException ? failed as PowerLostException : CauseOf(failed.InnerException);

    private sealed class Progress
    {
        public bool IsAcknowledged { get; set; }
    }

    /// <summary>A member's files, opened, with the parts that receive and install; no thread runs.</summary>
    private sealed class StoppedMember : IDisposable
    {
        private readonly SimulatedFileSystem _disk;
        private readonly InlineExecution _execution = new();
        private readonly ServerInstruments _instruments = new(TimeProvider.System);
        private readonly ServerLog _log = new(NullLogger.Instance);

        public StoppedMember(SimulatedFileSystem disk)
        {
            _disk = disk;
            var bootstrap = new MemberBootstrap(
                disk, TestMember.Options, TimeProvider.System, LonePeerNetwork.Instance.Queries, _instruments, _log, _execution);

            // With work on the calling thread and nobody to ask, it completes before it returns.
            Task<BootstrappedMember> opening = bootstrap.RunAsync(CancellationToken.None);
            Assert.True(opening.IsCompleted);
            Member = opening.IsFaulted ? throw opening.Exception.InnerException! : Result(opening);
        }

        public BootstrappedMember Member { get; }

        public void Receive(LeaderSnapshot snapshot)
        {
            var receiver = new SnapshotReceiver(_disk, Member.Snapshots, new ServerInstruments(TimeProvider.System), static _ => true);
            Task receiving = receiver.ReceiveAsync(snapshot.Message, new MemoryStream(snapshot.Database), CancellationToken.None);
            Assert.True(receiving.IsCompleted);
            if (receiving.IsFaulted)
            {
                throw receiving.Exception.InnerException!;
            }
        }

        public LogWriter LogWriter(Action<RaftInput> acknowledge)
        {
            var stalls = new LogStallWatch(TimeSpan.FromMinutes(1), TimeProvider.System, _instruments, new ConsensusLog(NullLogger.Instance));
            return new LogWriter(
                Member.Wal, Member.Snapshots, acknowledge, _instruments, stalls, _log, _execution, static failure => throw failure);
        }

        public SnapshotInstaller Installer()
        {
            var lessor = new Lessor(new BackendLeaseRecords(Member.Backend), TimeProvider.System, new LessorOptions());
            lessor.Recover();
            MvccStore store = MvccStore.Open(Member.Backend, lessor, new MvccOptions { CompactsInBackground = false });
            return new SnapshotInstaller(
                Member.Backend,
                Member.Snapshots,
                store,
                lessor,
                new AlarmStore(Member.Backend),
                new DowngradeStore(Member.Backend),
                AuthStore.Open(Member.Backend, new SimpleTokens(TimeProvider.System, SimpleTokens.TimeToLiveDefault), new AuthStoreOptions()),
                new WatchHub(store, TimeProvider.System, new WatchOptions()),
                Member.Membership,
                TimeProvider.System,
                new SnapshotLog(NullLogger.Instance));
        }

        public void Dispose()
        {
            // The power may be gone: then closing fails where it would write.
            foreach (IDisposable open in (IDisposable[])[Member.Backend, Member.Wal])
            {
                try
                {
                    open.Dispose();
                }
                catch (Exception failure) when (CauseOf(failure) is not null)
                {
                    // As said.
                }
            }
        }

#pragma warning disable xUnit1031 // It has completed.
        private static BootstrappedMember Result(Task<BootstrappedMember> opening) => opening.GetAwaiter().GetResult();
#pragma warning restore xUnit1031
    }
}
