using Etcd.Backup;
using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Mvcc;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Server.Bootstrap;
using Etcd.Server.Offline;
using Etcd.Server.Offline.Inspection;
using Etcd.Server.Offline.Replay;
using Etcd.Testing.SimulatedDisk;

using Google.Protobuf;

using static Etcd.Server.Tests.Offline.OfflineDisk;

namespace Etcd.Server.Tests.Offline;

/// <summary>Power is cut, and the disk is full, at every step of offline work: the source stays as it was, and a second try works.</summary>
public sealed class OfflineCrashTests
{
    private const string Changes = "/changes.log";

    private static readonly DataDirectory Member = new("/data", null);

    [Fact]
    public void Restore_PowerIsCutAtEveryStep_SecondTryWorks()
    {
        int steps = CrashSweep.Run(
            NewDisk,
            () => 0,
            (disk, _) => Restore(disk, Options),
            (disk, _, point) =>
            {
                if (disk.DirectoryExists("/data/member"))
                {
                    // The name comes last, so that what bears it is complete.
                    AssertRestored(disk);
                    return;
                }

                Assert.True(point.InTheMiddle);
                Restore(disk, Options);
                AssertRestored(disk);
            },
            draws: 2);

        Assert.True(steps > 20);
    }

    // The log gets its name before the member does: in between, what stands there is this restore's own.
    [Theory]
    [InlineData("/log")]
    [InlineData("/data/log")]
    [InlineData("/data/member/log")]
    public void Restore_LogIsKeptElsewhereAndPowerIsCutAtEveryStep_SecondTryWorks(string log)
    {
        RestoreOptions options = Options with { WalDirectory = log };
        int steps = CrashSweep.Run(
            NewDisk,
            () => 0,
            (disk, _) => Restore(disk, options),
            (disk, _, point) =>
            {
                if (!disk.DirectoryExists("/data/member"))
                {
                    Assert.True(point.InTheMiddle);
                    Restore(disk, options);
                }

                Assert.Empty(DataDirectoryCheck.Run(disk, new DataDirectory("/data", log), null).Findings);
            },
            draws: 2);

        Assert.True(steps > 20);
    }

    [Theory]
    [InlineData("/log")]
    [InlineData("/data/log")]
    public void Restore_LogHasItsNameAndPowerIsCutAtEveryStepOfTheNextTry_ThirdTryWorks(string log)
    {
        RestoreOptions options = Options with { WalDirectory = log };
        int steps = CrashSweep.Run(
            () => NewDiskWithNamedLog(options),
            () => 0,
            (disk, _) => Restore(disk, options),
            (disk, _, point) =>
            {
                if (!disk.DirectoryExists("/data/member"))
                {
                    Assert.True(point.InTheMiddle);
                    Restore(disk, options);
                }

                Assert.Empty(DataDirectoryCheck.Run(disk, new DataDirectory("/data", log), null).Findings);
                Assert.DoesNotContain(disk.List("/").Concat(disk.List("/data")), name => name.Contains(".restoring", StringComparison.Ordinal));
            },
            draws: 2);

        Assert.True(steps > 20);
    }

    [Fact]
    public void Restore_LogHasItsNameAndTheDiskIsFullAtAnyWriteOfTheNextTry_ThirdTryWorks()
    {
        RestoreOptions options = Options with { WalDirectory = "/log" };
        int writes = FullDiskSweep.Run(
            () => NewDiskWithNamedLog(options),
            () => 0,
            (disk, _) => Restore(disk, options),
            (disk, _, point) =>
            {
                if (point.WasRefused)
                {
                    Assert.False(disk.DirectoryExists("/log.restoring"));
                    Restore(disk, options);
                }

                Assert.Empty(DataDirectoryCheck.Run(disk, new DataDirectory("/data", "/log"), null).Findings);
            });

        Assert.True(writes > 5);
    }

    [Fact]
    public void Restore_SnapshotIsDamagedAndPowerIsCutAtEveryStep_NeverLooksLikeAMember()
    {
        int steps = CrashSweep.Run(
            NewDiskWithDamagedSnapshot,
            () => 0,
            (disk, _) => RefuseToRestore(disk),
            (disk, _, _) =>
            {
                Assert.False(disk.DirectoryExists("/data/member"));
                Write(disk, SnapshotPath, SnapshotBytes);
                Restore(disk, Options);
                AssertRestored(disk);
            },
            draws: 1);

        Assert.True(steps > 3);
    }

    [Fact]
    public void Restore_DiskIsFullAtAnyPoint_LeavesNothingAndWorksOnceThereIsRoom()
    {
        long needed = NeededBytes(disk => Restore(disk, Options));
        for (int part = 1; part < 12; part++)
        {
            SimulatedFileSystem disk = NewDisk();
            disk.CapacityBytes = disk.UsedBytes + (needed * part / 12);

            Assert.ThrowsAny<IOException>(() => Restore(disk, Options));

            Assert.False(disk.DirectoryExists("/data") && disk.List("/data").Count > 0);
            Assert.Equal(SnapshotBytes, Read(disk, SnapshotPath));
            disk.CapacityBytes = long.MaxValue;
            Restore(disk, Options);
            AssertRestored(disk);
        }
    }

    [Fact]
    public void Restore_LogIsKeptElsewhereAndTheDiskIsFullAtAnyWrite_LeavesNothing()
    {
        RestoreOptions options = Options with { WalDirectory = "/log" };
        int writes = FullDiskSweep.Run(
            NewDisk,
            () => 0,
            (disk, _) => Restore(disk, options),
            (disk, _, point) =>
            {
                if (point.WasRefused)
                {
                    Assert.DoesNotContain(disk.List("/"), name => name.StartsWith("log", StringComparison.Ordinal));
                    Assert.False(disk.DirectoryExists("/data") && disk.List("/data").Count > 0);
                    Restore(disk, options);
                }

                Assert.Empty(DataDirectoryCheck.Run(disk, new DataDirectory("/data", "/log"), null).Findings);
            });

        Assert.True(writes > 5);
    }

    [Fact]
    public void RollForward_PowerIsCutAtEveryStep_LogStaysAndSecondTryWorks()
    {
        int steps = CrashSweep.Run(
            NewDiskWithLog,
            () => 0,
            (disk, _) => Restore(disk, Forward(disk)),
            (disk, _, point) =>
            {
                if (!disk.DirectoryExists("/forward/member"))
                {
                    Assert.True(point.InTheMiddle);
                    Restore(disk, Forward(disk));
                }

                AssertRolledForward(disk);
            },
            draws: 1);

        Assert.True(steps > 30);
    }

    [Fact]
    public void RollForward_DiskIsFullAtAnyPoint_LeavesNothingAndWorksOnceThereIsRoom()
    {
        SimulatedFileSystem enough = NewDiskWithLog();
        long before = enough.UsedBytes;
        Restore(enough, Forward(enough));
        long needed = enough.UsedBytes - before;
        for (int part = 1; part < 12; part += 2)
        {
            SimulatedFileSystem disk = NewDiskWithLog();
            disk.CapacityBytes = disk.UsedBytes + (needed * part / 12);

            Assert.ThrowsAny<IOException>(() => Restore(disk, Forward(disk)));

            Assert.False(disk.DirectoryExists("/forward") && disk.List("/forward").Count > 0);
            Assert.Equal(SnapshotBytes, Read(disk, SnapshotPath));
            disk.CapacityBytes = long.MaxValue;
            Restore(disk, Forward(disk));
            AssertRolledForward(disk);
        }
    }

    // The backend's own error is none of the disk's: it got past everybody who tells an operator about a full disk.
    [Fact]
    public void RollForward_DiskIsFullAtAnyWrite_IsToldAsThatAndASecondTryWorks()
    {
        int writes = FullDiskSweep.Run(
            NewDiskWithLog,
            () => 0,
            (disk, _) =>
            {
                Exception? failure = Record.Exception(() => Restore(disk, Forward(disk)));
                Assert.True(failure is null or IOException, failure?.ToString());
                if (failure is not null)
                {
                    Assert.Contains("no space left on device: ", failure.Message, StringComparison.Ordinal);
                    Assert.DoesNotContain("raft log", failure.Message, StringComparison.Ordinal);
                    throw failure;
                }
            },
            (disk, _, point) =>
            {
                if (point.WasRefused)
                {
                    Assert.False(disk.DirectoryExists("/forward") && disk.List("/forward").Count > 0);
                    Restore(disk, Forward(disk));
                }

                AssertRolledForward(disk);
            });

        Assert.True(writes > 10, $"{writes} writes");
    }

    [Fact]
    public void Backup_DiskIsFullAtAnyPoint_LeavesNothingAndTheSourceAsItWas()
    {
        long needed = NeededBytes(disk =>
        {
            Restore(disk, Options);
            Backup(disk);
        });
        for (int part = 7; part < 12; part++)
        {
            SimulatedFileSystem disk = NewDisk();
            Restore(disk, Options);
            byte[] before = Read(disk, "/data/member/snap/db");
            disk.CapacityBytes = Math.Max(disk.UsedBytes, needed * part / 12);

            Assert.ThrowsAny<IOException>(() => Backup(disk));

            Assert.Equal(before, Read(disk, "/data/member/snap/db"));
            Assert.False(disk.DirectoryExists("/backup/member"));
            disk.CapacityBytes = long.MaxValue;
            Backup(disk);
            Assert.False(DataDirectoryCheck.Run(disk, new DataDirectory("/backup", null), null).IsDamaged);
        }
    }

    [Fact]
    public void Backup_PowerIsCutAtEveryStep_SourceStaysAndASecondTryWorks()
    {
        int steps = CrashSweep.Run(
            NewDiskWithLog,
            () => 0,
            (disk, _) => Backup(disk),
            (disk, _, point) =>
            {
                Assert.Empty(DataDirectoryCheck.Run(disk, new DataDirectory("/data", null), null).Findings);
                if (point.InTheMiddle)
                {
                    // Half a copy stands under the names of a whole one, so it is refused until the operator has deleted it.
                    disk.DeleteDirectory("/backup");
                    Backup(disk);
                }

                Assert.False(DataDirectoryCheck.Run(disk, new DataDirectory("/backup", null), null).IsDamaged);
            },
            draws: 1);

        Assert.True(steps > 20);
    }

    // Each directory on the way is a name in the one above it.
    [Fact]
    public void RestoreBackupAndRepair_IntoDirectoriesThatAreAllMissing_SurviveALossOfPower()
    {
        SimulatedFileSystem disk = NewDiskWithDamagedLog();
        Restore(disk, Options with { DataDirectory = "/a/b/c/data", WalDirectory = "/d/e/f/wal" });
        Unwrapped(() => new MemberBackup(disk, _ => { }).Run(new MemberBackupOptions(
            new DataDirectory("/a/b/c/data", "/d/e/f/wal"), new DataDirectory("/g/h/i/backup", "/j/k/l/wal"), WithDatabase: true)));
        LogRepair.Plan(disk, Member, null)!.Run(disk, Member, "/m/n/o/kept", null);

        for (ulong seed = 0; seed < 20; seed++)
        {
            SimulatedFileSystem found = disk.AfterPowerLoss(seed);
            Assert.Empty(DataDirectoryCheck.Run(found, new DataDirectory("/a/b/c/data", "/d/e/f/wal"), null).Findings);
            Assert.False(DataDirectoryCheck.Run(found, new DataDirectory("/g/h/i/backup", "/j/k/l/wal"), null).IsDamaged);
            Assert.Single(found.List("/m/n/o/kept"));
        }
    }

    // Mode 0711 above the data directory: a name in it can be used, and not listed or synced.
    [Fact]
    public void RestoreAndBackup_DirectoryAboveCannotBeOpened_KeepTheResultAndSaySo()
    {
        SimulatedFileSystem disk = NewDisk();
        disk.CreateDirectory("/closed/data");
        disk.CreateDirectory("/closed/backup");
        disk.BeforeOperation = operation =>
        {
            if (operation is { Kind: DiskOperationKind.SyncDirectory, Path: "/closed" })
            {
                throw new UnauthorizedAccessException("open /closed: Permission denied");
            }
        };
        List<OfflineNotice> notices = [];

        new SnapshotRestore(disk, notices.Add).Run(Options with { DataDirectory = "/closed/data" });
        new MemberBackup(disk, notices.Add).Run(
            new MemberBackupOptions(new DataDirectory("/closed/data", null), new DataDirectory("/closed/backup", null), WithDatabase: true));

        Assert.Equal(2, notices.Count(notice => notice.Message == "could not make the names in a directory durable"));
        Assert.Empty(DataDirectoryCheck.Run(disk, new DataDirectory("/closed/data", null), null).Findings);
        Assert.False(DataDirectoryCheck.Run(disk, new DataDirectory("/closed/backup", null), null).IsDamaged);
    }

    [Fact]
    public void Restore_DiskFailsOnceTheDirectoryHasItsName_KeepsItAndSaysSo()
    {
        SimulatedFileSystem disk = NewDisk();
        disk.BeforeOperation = operation =>
        {
            if (operation.Kind == DiskOperationKind.SyncDirectory && operation.Path == "/data" && disk.DirectoryExists("/data/member"))
            {
                throw new IOException("fsync /data: Input/output error");
            }
        };

        OfflineException failed = Assert.Throws<OfflineException>(() => Restore(disk, Options));

        Assert.StartsWith("/data is complete, but a loss of power may take it away: fsync /data", failed.Message, StringComparison.Ordinal);
        AssertRestored(disk);
    }

    // With a log directory of its own, the place where another member's log may stand is not the backup's.
    [Fact]
    public void Backup_DiskIsFullAndSomebodysLogStandsBesideIt_LeavesThatLog()
    {
        SimulatedFileSystem disk = NewDisk();
        Restore(disk, Options);
        disk.CreateDirectory("/backup/member/wal");
        Write(disk, "/backup/member/wal/0.wal", [1, 2, 3]);
        disk.CapacityBytes = disk.UsedBytes;

        Assert.ThrowsAny<IOException>(() => new MemberBackup(disk, _ => { }).Run(
            new MemberBackupOptions(new DataDirectory("/data", null), new DataDirectory("/backup", "/backup-wal"), WithDatabase: true)));

        Assert.Equal([1, 2, 3], Read(disk, "/backup/member/wal/0.wal"));
        Assert.False(disk.DirectoryExists("/backup/member/snap"));
    }

    [Fact]
    public void RepairOfALog_PowerIsCutAtEveryStep_TheCopyOrTheLogIsWhole()
    {
        int steps = CrashSweep.Run(
            NewDiskWithDamagedLog,
            () => 0,
            (disk, _) => RepairLog(disk),
            (disk, _, point) => AssertLogCanBeRepaired(disk, mayBeDamaged: point.InTheMiddle),
            draws: 2);

        Assert.True(steps > 5);
    }

    [Fact]
    public void RepairOfALog_DiskIsFullAtAnyWrite_TheCopyOrTheLogIsWhole()
    {
        int writes = FullDiskSweep.Run(
            NewDiskWithDamagedLog,
            () => 0,
            (disk, _) => RepairLog(disk),
            (disk, _, point) => AssertLogCanBeRepaired(disk, mayBeDamaged: point.WasRefused));

        Assert.True(writes > 3);
    }

    private static SimulatedFileSystem NewDiskWithDamagedSnapshot()
    {
        SimulatedFileSystem disk = NewDisk();
        byte[] damaged = [.. SnapshotBytes];
        damaged[^100] ^= 1;
        Write(disk, SnapshotPath, damaged);
        return disk;
    }

    /// <summary>Restores a damaged snapshot to the end of the refusal, unless power is lost before.</summary>
    private static void RefuseToRestore(SimulatedFileSystem disk)
    {
        bool isRefused = false;
        try
        {
            Restore(disk, Options);
        }
        catch (OfflineException refusal)
        {
            Assert.StartsWith("expected sha256 [", refusal.Message, StringComparison.Ordinal);
            isRefused = true;
        }

        Assert.True(isRefused);
        Assert.False(disk.DirectoryExists("/data"));
    }

    private static SimulatedFileSystem NewDiskWithDamagedLog()
    {
        SimulatedFileSystem disk = NewDisk();
        Restore(disk, Options);
        DamageLog(disk);
        return disk;
    }

    private static void RepairLog(SimulatedFileSystem disk) => LogRepair.Plan(disk, Member, null)!.Run(disk, Member, "/kept", null);

    private static void AssertLogCanBeRepaired(SimulatedFileSystem disk, bool mayBeDamaged)
    {
        LogRepair? again = LogRepair.Plan(disk, Member, null);
        Assert.True(mayBeDamaged || again is null);
        again?.Run(disk, Member, "/kept-again", null);
        Assert.Null(LogRepair.Plan(disk, Member, null));
        Assert.True(disk.DirectoryExists(again is null ? "/kept" : "/kept-again"));
    }

    [Fact]
    public void ChangeFile_PowerIsCutAtEveryStep_HoldsWhatWasAppendedAndGoesOn() => CrashSweep.Run(
        () => new SimulatedFileSystem(), () => new List<long>(), AppendChanges, (disk, appended, _) => AssertChangesGoOn(disk, appended), draws: 4);

    [Fact]
    public void ChangeFile_DiskIsFullAtAnyWrite_HoldsWhatWasAppendedAndGoesOn() => FullDiskSweep.Run(
        () => new SimulatedFileSystem(),
        () => new List<long>(),
        AppendChanges,
        (disk, appended, point) =>
        {
            Assert.Equal(point.First is not null, point.WasRefused);
            AssertChangesGoOn(disk, appended);
        });

    private static void AppendChanges(SimulatedFileSystem disk, List<long> appended)
    {
        using ChangeWriter writer = ChangeWriter.Create(disk, Changes, clusterId: 7, firstRevision: 2);
        for (long revision = 2; revision < 6; revision++)
        {
            writer.Append(Put(revision));
            appended.Add(revision);
        }
    }

    private static void AssertChangesGoOn(SimulatedFileSystem disk, List<long> appended)
    {
        if (!disk.FileExists(Changes))
        {
            Assert.Empty(appended);
            appended = [];
            AppendChanges(disk, appended);
        }

        List<long> found = ReadAll(disk, Changes, out ChangeReader reader);
        Assert.Equal(appended, found.Take(appended.Count));
        using (ChangeWriter writer = ChangeWriter.Resume(disk, Changes, reader))
        {
            Assert.Equal(reader.ValidEnd < reader.Length, writer.SetAsidePath is not null);
            writer.Append(Put(100));
        }

        reader.Dispose();
        Assert.Equal([.. found, 100], ReadAll(disk, Changes, out reader));
        reader.Dispose();
    }

    // A length that was damaged was taken for a last record cut short: the history ended there in silence, and the rest was cut off.
    [Theory]
    [InlineData(0x41)]
    [InlineData(0x01)]
    [InlineData(0x80)]
    [InlineData(0xFF)]
    public void ChangeFile_AnyByteFlipped_IsDamageUnlessInTheLastRecord(byte mask)
    {
        var disk = new SimulatedFileSystem();
        long lastStart = WriteChanges(disk, 700);
        byte[] whole = Read(disk, Changes);
        for (int at = 0; at < whole.Length; at++)
        {
            byte[] flipped = [.. whole];
            flipped[at] ^= mask;
            Write(disk, Changes, flipped);
            try
            {
                List<long> found = ReadAll(disk, Changes, out ChangeReader reader);
                reader.Dispose();
                Assert.InRange(at, lastStart, whole.Length);
                Assert.Equal([2, 3, 4], found);
                Assert.Equal((lastStart, whole.Length), (reader.ValidEnd, reader.Length));
            }
            catch (DamagedBackupException damage)
            {
                // What is wrong in the head of the file shows in the checksum of the first record.
                const int HeadBytes = 24;
                Assert.InRange(damage.Offset, 0, Math.Max(at, HeadBytes));
            }
        }
    }

    [Fact]
    public void ChangeFile_HeadOfARecordInTheMiddleIsOverwritten_IsDamageWhereverItsSectorsEnd()
    {
        for (int valueBytes = 420; valueBytes < 480; valueBytes++)
        {
            var disk = new SimulatedFileSystem();
            WriteChanges(disk, valueBytes);
            byte[] whole = Read(disk, Changes);
            int second = 24 + 8 + BitConverter.ToInt32(whole, 24);
            foreach (int count in new[] { 1, 4, 8, 200 })
            {
                foreach (byte written in new byte[] { 0, 0xFF })
                {
                    byte[] damaged = [.. whole];
                    damaged.AsSpan(second, count).Fill(written);
                    Write(disk, Changes, damaged);

                    DamagedBackupException damage = Assert.Throws<DamagedBackupException>(() => ReadAll(disk, Changes, out _));

                    Assert.Equal(second, damage.Offset);
                }
            }
        }
    }

    [Fact]
    public void ChangeFile_LastRecordIsCutShort_WhatIsCutOffStaysBesideIt()
    {
        var disk = new SimulatedFileSystem();
        long lastStart = WriteChanges(disk, 700);
        byte[] whole = Read(disk, Changes);
        for (int copy = 1; copy < 3; copy++)
        {
            Write(disk, Changes, whole[..^copy]);
            ReadAll(disk, Changes, out ChangeReader reader);

            using ChangeWriter writer = ChangeWriter.Resume(disk, Changes, reader);

            reader.Dispose();
            Assert.Equal($"{Changes}.cut-{copy}", writer.SetAsidePath);
            Assert.Equal(whole[(int)lastStart..^copy], Read(disk, writer.SetAsidePath!));
            Assert.Equal(lastStart, Read(disk, Changes).Length);
        }
    }

    [Fact]
    public void RollForward_LastRecordIsCutShort_IsTold()
    {
        SimulatedFileSystem disk = NewDisk();
        var generation = new BackupGeneration("/kept", 1);
        disk.CreateDirectory("/kept");
        Write(disk, generation.BasePath, SnapshotBytes);
        WriteChanges(disk, 700, generation.ChangesPath);
        byte[] whole = Read(disk, generation.ChangesPath);
        Write(disk, generation.ChangesPath, whole[..^1]);
        List<OfflineNotice> notices = [];

        new SnapshotRestore(disk, notices.Add).Run(
            Options with { SnapshotPath = generation.BasePath, RollForwardTo = BackupPoint.Newest(disk, "/kept") });

        OfflineNotice told = Assert.Single(notices, notice => notice.Message == "the last record is cut short and left out");
        Assert.Contains(("revision", (object)4L), told.Facts);
        Assert.Equal(4, DatabaseFile.HashKv(disk, "/data/member/snap/db", 0, null).CurrentRevision);
    }

    [Fact]
    public void RollForward_DamageIsBehindTheRevision_DoesNotMatter()
    {
        SimulatedFileSystem disk = NewDisk();
        var generation = new BackupGeneration("/kept", 1);
        disk.CreateDirectory("/kept");
        Write(disk, generation.BasePath, SnapshotBytes);
        WriteChanges(disk, 700, generation.ChangesPath);
        byte[] damaged = Read(disk, generation.ChangesPath);
        damaged[24 + (5 * damaged.Length / 8)] ^= 1;
        Write(disk, generation.ChangesPath, damaged);

        DamagedBackupException damage = Assert.Throws<DamagedBackupException>(() => Restore(
            disk, Options with { SnapshotPath = generation.BasePath, RollForwardTo = BackupPoint.Newest(disk, "/kept") }));
        Restore(disk, Options with { SnapshotPath = generation.BasePath, RollForwardTo = BackupPoint.AtRevision(disk, "/kept", 2) });

        Assert.Equal(generation.ChangesPath, damage.Path);
        Assert.Equal(2, DatabaseFile.HashKv(disk, "/data/member/snap/db", 0, null).CurrentRevision);
    }

    // Releases before 3.4.34 and 3.5.16 take a deletion away with the compaction at it, so that the last record is older than the store.
    [Fact]
    public void RollForward_NewestRevisionOfTheBaseIsCompactedAway_GoesOnBehindIt()
    {
        SimulatedFileSystem disk = NewDisk();
        var generation = new BackupGeneration("/kept", 4);
        disk.CreateDirectory("/kept");
        Write(disk, generation.BasePath, SnapshotBytes);
        using (BoltDatabase database = BoltDatabase.Open(disk, generation.BasePath, new BoltOptions()))
        {
            using BoltWriteTransaction transaction = database.BeginWrite();
            transaction.Bucket("meta"u8)!.Put("finishedCompactRev"u8.ToArray(), KeyOf(4));
            transaction.Commit();
        }

        using (ChangeWriter writer = ChangeWriter.Create(disk, generation.ChangesPath, clusterId: 7, firstRevision: 5))
        {
            writer.Append(Put(5));
            writer.Append(Put(6));
        }

        foreach (long wanted in new long[] { 4, 5, 6 })
        {
            RestoreOptions options = Options with
            {
                DataDirectory = $"/at-{wanted}",
                SnapshotPath = generation.BasePath,
                SkipHashCheck = true,
                RollForwardTo = BackupPoint.AtRevision(disk, "/kept", wanted),
            };
            Restore(disk, options);
            Assert.Equal(wanted, DatabaseFile.HashKv(disk, $"/at-{wanted}/member/snap/db", 0, null).CurrentRevision);
        }
    }

    // A transaction is in memory until it ends, whatever the size of its values.
    [Fact]
    public void RollForward_ValuesAreLarge_WritesThemInSeveralTransactions()
    {
        SimulatedFileSystem disk = NewDisk();
        var generation = new BackupGeneration("/kept", 1);
        disk.CreateDirectory("/kept");
        Write(disk, generation.BasePath, SnapshotBytes);
        using (ChangeWriter writer = ChangeWriter.Create(disk, generation.ChangesPath, clusterId: 7, firstRevision: 2))
        {
            for (long revision = 2; revision < 42; revision++)
            {
                writer.Append(Put(revision, 1 << 20));
            }
        }

        Assert.InRange(SyncsOf(disk, new BackupPoint(generation, null)), 3, 12);
    }

    [Fact]
    public void RollForward_ValuesInTheLogAreLarge_WritesThemInSeveralTransactions()
    {
        SimulatedFileSystem disk = NewDiskWithLog(puts: 40, valueBytes: 1 << 20);

        Assert.InRange(SyncsOf(disk, LogPoint.At(disk, Member.Wal, null, TimeProvider.System)), 3, 12);
    }

    /// <summary>Rolls the database of a snapshot forward.</summary>
    /// <returns>How often it was synced: twice for each transaction.</returns>
    private static int SyncsOf(SimulatedFileSystem disk, IRollForward point)
    {
        Write(disk, "/database", SnapshotBytes[..^32]);
        int syncs = 0;
        disk.BeforeOperation = operation => syncs += operation is { Kind: DiskOperationKind.Sync, Path: "/database" } ? 1 : 0;
        point.Apply(disk, "/database", _ => { }, progress: null);
        return syncs;
    }

    // Right by its checksum, or not asked for it: what is wrong in a base shows only when its records are read.
    [Fact]
    public void RollForward_BaseHoldsWhatNoStoreWrites_IsRefusedInWordsAndLeavesNothing()
    {
        SimulatedFileSystem disk = NewDisk();
        var generation = new BackupGeneration("/kept", 1);
        disk.CreateDirectory("/kept");
        Write(disk, generation.BasePath, SnapshotBytes);
        using (BoltDatabase database = BoltDatabase.Open(disk, generation.BasePath, new BoltOptions()))
        {
            using BoltWriteTransaction transaction = database.BeginWrite();
            transaction.Bucket("key"u8)!.Put(KeyOf(1), new byte[] { 0xFF, 0xFF, 0xFF });
            transaction.Commit();
        }

        WriteChanges(disk, 700, generation.ChangesPath);

        OfflineException refused = Assert.Throws<OfflineException>(() => Restore(
            disk, Options with { SnapshotPath = generation.BasePath, SkipHashCheck = true, RollForwardTo = BackupPoint.Newest(disk, "/kept") }));

        Assert.StartsWith($"{generation.BasePath}: ", refused.Message, StringComparison.Ordinal);
        Assert.Empty(disk.List("/data"));
    }

    /// <summary>A disk on which a restore was cut short between the names of its log and of its member.</summary>
    private static SimulatedFileSystem NewDiskWithNamedLog(RestoreOptions options)
    {
        SimulatedFileSystem disk = NewDisk();
        Restore(disk, options);
        disk.Rename("/data/member", "/data/member.restoring");
        disk.SyncDirectory("/data");
        return disk;
    }

    /// <summary>Writes the revisions 2 to 5.</summary>
    /// <returns>Where the last record begins.</returns>
    private static long WriteChanges(SimulatedFileSystem disk, int valueBytes, string path = Changes)
    {
        using ChangeWriter writer = ChangeWriter.Create(disk, path, clusterId: 7, firstRevision: 2);
        long start = 0;
        for (long revision = 2; revision < 6; revision++)
        {
            start = writer.SizeBytes;
            writer.Append(Put(revision, valueBytes));
        }

        return start;
    }

    private static List<long> ReadAll(SimulatedFileSystem disk, string path, out ChangeReader reader)
    {
        List<long> revisions = [];
        reader = ChangeReader.Open(disk, path);
        while (reader.Read() is { } record)
        {
            revisions.Add(record.Changes!.Header.Revision);
        }

        return revisions;
    }

    private static byte[] KeyOf(long revision)
    {
        byte[] key = new byte[Revision.SizeBytes];
        new Revision(revision, 0).WriteTo(key);
        return key;
    }

    private static ChangeRecord Put(long revision, int valueBytes = 700) => new(DateTimeOffset.UnixEpoch)
    {
        Changes = new WatchResponse
        {
            Header = new ResponseHeader { Revision = revision },
            Events = { new Event { Kv = new KeyValue { Key = ByteString.CopyFromUtf8("k"), Value = ByteString.CopyFrom(new byte[valueBytes]), ModRevision = revision } } },
        },
    };

    private static void AssertRolledForward(SimulatedFileSystem disk)
    {
        Assert.Empty(DataDirectoryCheck.Run(disk, new DataDirectory("/forward", null), null).Findings);
        Assert.Equal(4, DatabaseFile.HashKv(disk, "/forward/member/snap/db", 0, null).CurrentRevision);
    }

    private static void Backup(SimulatedFileSystem disk) => Unwrapped(() => new MemberBackup(disk, _ => { }).Run(
        new MemberBackupOptions(new DataDirectory("/data", null), new DataDirectory("/backup", null), WithDatabase: true)));

    private static void AssertRestored(SimulatedFileSystem disk) =>
        Assert.Empty(DataDirectoryCheck.Run(disk, new DataDirectory("/data", null), null).Findings);

    private static void DamageLog(SimulatedFileSystem disk)
    {
        string path = Path.Combine("/data/member/wal", disk.List("/data/member/wal").Single(name => name.EndsWith(".wal", StringComparison.Ordinal)));
        using IFile file = disk.Open(path, FileOpening.ReadWrite);
        file.Write([0xFF], 100);
        file.Sync();
    }

    private static long NeededBytes(Action<SimulatedFileSystem> work)
    {
        SimulatedFileSystem disk = NewDisk();
        long before = disk.UsedBytes;
        work(disk);
        return disk.UsedBytes - before;
    }
}
