using Etcd.Raft;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Wal.Tests;

/// <summary>Power loss before every single disk operation: every acknowledged entry is read back, nothing half written is.</summary>
public sealed class LogCrashTests
{
    private const string Directory = "/member/wal";

    private static readonly WalOptions Options = new() { SegmentBytes = 8 << 10, ZeroAheadBytes = 4096 };

    // Incident #14370: nothing may be acknowledged before it is synced.
    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    public void PowerLoss_AtAnyStepOfAppendCutAndSnapshot_KeepsWhatWasAcknowledged(int zeroAheadBytes)
    {
        WalOptions options = Options with { ZeroAheadBytes = zeroAheadBytes };

        int steps = CrashSweep.Run(
            NewDisk, () => new LogModel(), (disk, model) => Work(disk, model, options), AssertRecovers, draws: 12, CrashRules.WholeSectors);

        Assert.True(steps > 60, $"{steps} steps");
    }

    // The buffer is written out in the middle of such a batch; were it written to the byte, a record could be found torn
    // inside a sector, which is indistinguishable from damage.
    [Fact]
    public void PowerLoss_InABatchLargerThanTheBuffer_LeavesATornTailAtWorst() =>
        CrashSweep.Run(
            NewDisk,
            () => new LogModel(),
            (disk, model) =>
            {
                using WriteAheadLog log = WriteAheadLog.Create(disk, Directory, LogSamples.Metadata, new WalOptions { SegmentBytes = 1 << 20 });
                model.Created = true;
                Save(log, model, default, LogSamples.Entries(1, 3));
                Save(log, model, default, LogSamples.Entries(4, 3500, bytes: 60));
            },
            AssertRecovers,
            draws: 30,
            CrashRules.WholeSectors);

    [Fact]
    public void PowerLoss_WhileALogIsReopenedAndRepaired_KeepsWhatWasAcknowledged()
    {
        int repaired = 0;
        foreach ((SimulatedFileSystem torn, LogModel model) in TornLogs().Take(6))
        {
            repaired++;
            CrashSweep.Run(
                torn.AfterProcessKill,
                () => model,
                (disk, _) => WriteAheadLog.Open(disk, Directory, WalSnapshot.None, Options, out WalContents _).Dispose(),
                AssertRecovers,
                draws: 8,
                CrashRules.WholeSectors);
        }

        Assert.Equal(6, repaired);
    }

    [Fact]
    public void PowerLoss_DiskTearsInsideSectors_RefusesAtWorstAndNeverReadsWrongData()
    {
        int refused = 0, opened = 0;
        CrashSweep.Run(
            NewDisk,
            () => new LogModel(),
            (disk, model) => Work(disk, model, Options),
            (disk, model, point) =>
            {
                try
                {
                    AssertRecovers(disk, model, point);
                    opened++;
                }
                catch (CorruptWalException)
                {
                    // Such a disk breaks the promise the format rests on; an operator must decide.
                    refused++;
                }
            },
            draws: 6,
            CrashRules.Harsh);

        Assert.True(opened > refused * 10, $"{opened} opened, {refused} refused");
    }

    [Fact]
    public void ProcessKill_AtAnyStep_LosesNothingThatReachedTheSystem()
    {
        int steps = CrashSweep.Run(
            NewDisk,
            () => new LogModel(),
            (disk, model) => Work(disk, model, Options),
            (disk, model, point) => AssertRecovers(disk.AfterProcessKill(), model, point),
            draws: 1,
            CrashRules.WholeSectors);

        Assert.True(steps > 60, $"{steps} steps");
    }

    // The system keeps what a killed process has written, and the next start reads it, though no sync may have come to it. From then on the member counts
    // it as durable, and tells its leader so.
    [Fact]
    public void PowerLoss_AfterAStartThatFollowedAKillAtAnyStep_KeepsWhatTheStartHasRead()
    {
        int steps = 0;
        for (bool isKilled = true; isKilled; steps++)
        {
            SimulatedFileSystem disk = NewDisk();
            disk.PowerLossAtStep = disk.Steps + steps + 1;
            isKilled = false;
            try
            {
                Work(disk, new LogModel(), Options);
            }
            catch (PowerLostException)
            {
                isKilled = true;
            }

            SimulatedFileSystem left = disk.AfterProcessKill();
            if (WriteAheadLog.Exists(left, Directory))
            {
                AssertKeepsWhatAStartReads(left, $"killed at step {steps + 1}");
            }
        }

        Assert.True(steps > 60, $"{steps} steps");
    }

    [Fact]
    public void PowerLoss_AfterCreatingTheDirectoriesAboveToo_KeepsTheLog()
    {
        const string Below = "/made/with/it/wal";
        var disk = new SimulatedFileSystem();
        using WriteAheadLog log = WriteAheadLog.Create(disk, Below, LogSamples.Metadata, Options);

        for (ulong seed = 0; seed < 12; seed++)
        {
            Assert.True(WriteAheadLog.Exists(disk.AfterPowerLoss(seed, CrashRules.WholeSectors), Below), $"seed {seed}");
        }
    }

    private static void AssertKeepsWhatAStartReads(SimulatedFileSystem left, string when)
    {
        using WriteAheadLog log = WriteAheadLog.Open(left, Directory, WalSnapshot.None, Options, out WalContents read);
        for (ulong seed = 0; seed < 12; seed++)
        {
            SimulatedFileSystem found = left.AfterPowerLoss(seed, CrashRules.WholeSectors);
            Assert.True(WriteAheadLog.Exists(found, Directory), $"the log is gone: {when}, seed {seed}");
            WriteAheadLog.Open(found, Directory, WalSnapshot.None, Options, out WalContents kept).Dispose();
            Assert.True(read.Entries.Count == kept.Entries.Count, $"{kept.Entries.Count} entries of {read.Entries.Count}: {when}, seed {seed}");
            Assert.Equal(read.HardState, kept.HardState);
            LogSamples.AssertSame(read.Entries, kept.Entries);
        }
    }

    private static SimulatedFileSystem NewDisk()
    {
        var disk = new SimulatedFileSystem();
        disk.CreateDirectory("/member");
        disk.SyncDirectory("/");
        return disk;
    }

    /// <summary>Single entries and batches, entries replaced by a new leader, a snapshot, three cuts, writes grouped under one sync.</summary>
    private static void Work(SimulatedFileSystem disk, LogModel model, WalOptions options)
    {
        using WriteAheadLog log = WriteAheadLog.Create(disk, Directory, LogSamples.Metadata, options);
        model.Created = true;
        Save(log, model, new HardState(1, 7, 0), LogSamples.Entries(1, 3));
        Save(log, model, new HardState(1, 7, 3), LogSamples.Entries(4, 2, bytes: 900));
        Save(log, model, new HardState(2, 9, 3), []);
        Save(log, model, default, LogSamples.Entries(5, 3, term: 2, bytes: 5));

        Write(log, model, new HardState(2, 9, 5), LogSamples.Entries(8, 4, term: 2, bytes: 300));
        Write(log, model, new HardState(2, 9, 7), LogSamples.Entries(10, 6, term: 2, bytes: 300));
        log.Sync();
        model.Acknowledged();

        log.SaveSnapshot(new WalSnapshot(5, 2, LogSamples.OneVoter));
        model.DurableSnapshots.Add(new WalSnapshot(5, 2, LogSamples.OneVoter));
        Save(log, model, default, LogSamples.Entries(16, 1, term: 2, bytes: 6000));
        log.PrepareAhead();
        Save(log, model, new HardState(3, 9, 10), LogSamples.Entries(17, 8, term: 3, bytes: 1500));
        while (log.PrepareAhead())
        {
        }

        log.ReleaseLocksUpTo(5);
        for (ulong index = 25; index < 33; index++)
        {
            Save(log, model, new HardState(3, 9, index - 1), LogSamples.Entries(index, 1, term: 3, bytes: 700));
        }
    }

    private static void Save(WriteAheadLog log, LogModel model, HardState state, Entry[] entries)
    {
        model.Starts(state, entries);
        log.Save(state, entries);
        model.Acknowledged();
    }

    private static void Write(WriteAheadLog log, LogModel model, HardState state, Entry[] entries)
    {
        model.Starts(state, entries);
        log.Write(state, entries);
    }

    private static void AssertRecovers(SimulatedFileSystem disk, LogModel model, CrashPoint point)
    {
        if (!WriteAheadLog.Exists(disk, Directory))
        {
            Assert.False(model.Created, $"the log is gone: {point}");
            return;
        }

        IReadOnlyList<WalSnapshot> records = WriteAheadLog.ReadSnapshotRecords(disk, Directory);
        Assert.All(model.DurableSnapshots, snapshot => Assert.Contains(snapshot, records));
        ulong next;
        using (WriteAheadLog log = WriteAheadLog.Open(disk, Directory, WalSnapshot.None, Options, out WalContents contents))
        {
            model.AssertHolds(contents);
            Assert.Equal(LogSamples.Metadata.ToArray(), contents.Metadata.ToArray());
            next = (ulong)contents.Entries.Count + 1;
            log.Save(default, LogSamples.Entries(next, 3, term: 9));
        }

        // What is appended after the recovery must fit as well: stale bytes behind the tail would show here.
        using WriteAheadLog again = WriteAheadLog.Open(disk, Directory, WalSnapshot.None, Options, out WalContents after);
        Assert.Null(after.TornTail);
        Assert.Equal(next + 2, (ulong)after.Entries.Count);
    }

    /// <summary>Disks on which power loss has left a torn tail, with what they must still hold.</summary>
    private static IEnumerable<(SimulatedFileSystem Disk, LogModel Model)> TornLogs()
    {
        for (ulong seed = 0; seed < 2000; seed++)
        {
            SimulatedFileSystem disk = NewDisk();
            var model = new LogModel { Created = true };
            using WriteAheadLog log = WriteAheadLog.Create(disk, Directory, LogSamples.Metadata, Options);
            Save(log, model, new HardState(1, 7, 0), LogSamples.Entries(1, 3));
            disk.PowerLossAtStep = disk.Steps + 2;
            Write(log, model, default, LogSamples.Entries(4, 4, bytes: 700));
            Assert.Throws<PowerLostException>(log.Sync);

            SimulatedFileSystem found = disk.AfterPowerLoss(seed, CrashRules.WholeSectors);
            SimulatedFileSystem probe = found.AfterProcessKill();
            WriteAheadLog.Open(probe, Directory, WalSnapshot.None, Options, out WalContents contents).Dispose();
            if (contents.TornTail is not null)
            {
                yield return (found, model);
            }
        }
    }
}
