using System.Text;

using Etcd.Testing.SimulatedDisk;

namespace Etcd.Bolt.Tests;

/// <summary>Power is lost before each disk operation of a piece of work; what was acknowledged is there afterwards, whole.</summary>
public sealed class CrashTests
{
    private const string Directory = "/data";
    private const string FilePath = "/data/db";
    private const int DrawsPerStep = 25;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Commit_PowerLostAtAnyStep_LeavesTheAcknowledgedVersionOrTheNext(bool storeFreelist)
    {
        BoltOptions options = new() { PageSizeBytes = 1024, StoreFreelist = storeFreelist };

        int steps = CrashSweep.Run(
            () => Prepare(options),
            () => new Acknowledged(),
            (disk, acknowledged) => CommitAll(disk, options, acknowledged),
            (disk, acknowledged, point) => AssertWhole(disk, options, acknowledged.Commits, point),
            DrawsPerStep);

        Assert.True(steps > 20, $"only {steps} steps");
    }

    [Fact]
    public void Open_PowerLostWhileMakingTheFile_OpensAsANewOne()
    {
        BoltOptions options = new() { PageSizeBytes = 1024 };

        int steps = CrashSweep.Run(
            EmptyDisk,
            () => new Acknowledged(),
            (disk, acknowledged) =>
            {
                using BoltDatabase database = BoltDatabase.Open(disk, FilePath, options);
                acknowledged.Commits = 1;
            },
            (disk, acknowledged, point) =>
            {
                if (acknowledged.Commits == 1)
                {
                    Assert.True(disk.FileExists(FilePath), $"the file is gone: {point}");
                }

                using BoltDatabase database = BoltDatabase.Open(disk, FilePath, options);
                Assert.Empty(database.Check());
            },
            draws: 100);

        Assert.True(steps > 4, $"only {steps} steps");
    }

    // The system keeps what a killed process has written: the next one may begin from a meta that is in memory only, and then writes over pages of the
    // version before, which is the newest that the disk has.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Commit_PowerLostInTheLifeAfterAKillAtAnyStep_LeavesTheVersionThatLifeBeganFromOrTheNext(bool storeFreelist)
    {
        BoltOptions options = new() { PageSizeBytes = 1024, StoreFreelist = storeFreelist };
        int steps = 0;
        for (bool isKilled = true; isKilled; steps++)
        {
            SimulatedFileSystem disk = Prepare(options);
            var first = new Acknowledged();
            isKilled = IsCutShort(disk, disk.Steps + steps + 1, () => CommitAll(disk, options, first));
            SimulatedFileSystem killed = disk.AfterProcessKill();

            CrashSweep.Run(
                killed.AfterProcessKill,
                () => new Acknowledged { Commits = first.Commits },
                (left, second) => CommitOnceMore(left, options, second),
                (left, second, point) => AssertWhole(left, options, second.Commits, point),
                draws: 8);
        }

        Assert.True(steps > 20, $"only {steps} steps");
    }

    [Fact]
    public void Open_MakerWasKilledAtAnyStep_CommitsAreDurableUnderTheFilesName()
    {
        BoltOptions options = new() { PageSizeBytes = 1024 };
        int steps = 0;
        for (bool isKilled = true; isKilled; steps++)
        {
            SimulatedFileSystem disk = EmptyDisk();
            isKilled = IsCutShort(disk, disk.Steps + steps + 1, () => BoltDatabase.Open(disk, FilePath, options).Dispose());
            SimulatedFileSystem left = disk.AfterProcessKill();
            using (BoltDatabase database = BoltDatabase.Open(left, FilePath, options))
            {
                Commit(database, 0);
            }

            for (ulong seed = 0; seed < DrawsPerStep; seed++)
            {
                SimulatedFileSystem found = left.AfterPowerLoss(seed);
                Assert.True(found.FileExists(FilePath), $"the file is gone: killed at step {steps + 1}, seed {seed}");
                AssertWhole(found, options, acknowledged: 0, new CrashPoint(steps + 1, seed, isKilled));
            }
        }

        Assert.True(steps > 4, $"only {steps} steps");
    }

    private static bool IsCutShort(SimulatedFileSystem disk, int step, Action work)
    {
        disk.PowerLossAtStep = step;
        try
        {
            work();
            return false;
        }
        catch (PowerLostException)
        {
            return true;
        }
    }

    private static SimulatedFileSystem EmptyDisk()
    {
        var disk = new SimulatedFileSystem();
        disk.CreateDirectory(Directory);
        disk.SyncDirectory("/");
        return disk;
    }

    private static SimulatedFileSystem Prepare(BoltOptions options)
    {
        SimulatedFileSystem disk = EmptyDisk();
        using BoltDatabase database = BoltDatabase.Open(disk, FilePath, options);
        Commit(database, 0);
        return disk;
    }

    private static void CommitAll(SimulatedFileSystem disk, BoltOptions options, Acknowledged acknowledged) =>
        CommitUpTo(_ => 6, disk, options, acknowledged);

    private static void CommitOnceMore(SimulatedFileSystem disk, BoltOptions options, Acknowledged acknowledged) =>
        CommitUpTo(newest => newest + 1, disk, options, acknowledged);

    private static void CommitUpTo(Func<int, int> last, SimulatedFileSystem disk, BoltOptions options, Acknowledged acknowledged)
    {
        try
        {
            using BoltDatabase database = BoltDatabase.Open(disk, FilePath, options);
            int newest = NewestIn(database);
            acknowledged.Commits = newest;
            for (int commit = newest + 1; commit <= last(newest); commit++)
            {
                Commit(database, commit);
                acknowledged.Commits = commit;
            }
        }
        catch (DatabaseWriteFailedException failure) when (failure.InnerException is PowerLostException lost)
        {
            throw lost;
        }
    }

    private static int NewestIn(BoltDatabase database)
    {
        using BoltReadTransaction read = database.BeginRead();
        Assert.True(read.Bucket("meta"u8)!.TryGet("consistent_index"u8, out ReadOnlySpan<byte> index));
        return BitConverter.ToInt32(index);
    }

    // Every commit changes all keys, frees pages of the one before, takes them again, and changes the shape of the tree.
    private static void Commit(BoltDatabase database, int commit)
    {
        using BoltWriteTransaction write = database.BeginWrite();
        BoltBucket bucket = write.CreateBucketIfMissing("key"u8);
        foreach ((string key, byte[] value) in Contents(commit))
        {
            bucket.Put(Encoding.UTF8.GetBytes(key), value);
        }

        foreach ((string key, _) in commit == 0 ? [] : Contents(commit - 1))
        {
            if (!Contents(commit).ContainsKey(key))
            {
                Assert.True(bucket.Delete(Encoding.UTF8.GetBytes(key)));
            }
        }

        BoltBucket small = write.CreateBucketIfMissing("meta"u8);
        small.Put("consistent_index"u8.ToArray(), BitConverter.GetBytes(commit));
        write.Commit();
    }

    private static SortedDictionary<string, byte[]> Contents(int commit)
    {
        var contents = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        int keys = commit % 3 == 2 ? 5 : 60;
        for (int i = 0; i < keys; i++)
        {
            contents.Add($"{(i * (commit + 3)) % 97:D4}", [.. Enumerable.Repeat((byte)commit, i % 10 == 0 ? 2500 : 40)]);
        }

        return contents;
    }

    private static void AssertWhole(SimulatedFileSystem disk, BoltOptions options, int acknowledged, CrashPoint point)
    {
        using BoltDatabase database = BoltDatabase.Open(disk, FilePath, options);
        Assert.Empty(database.Check());
        int found;
        using (BoltReadTransaction read = database.BeginRead())
        {
            found = NewestIn(database);
            Assert.True(found == acknowledged || found == acknowledged + 1, $"version {found} after {acknowledged} commits: {point}");
            BoltBucket bucket = read.Bucket("key"u8)!;
            BoltCursor cursor = bucket.Cursor();
            bool isOnItem = cursor.MoveFirst();
            foreach ((string key, byte[] value) in Contents(found))
            {
                Assert.True(isOnItem && cursor.Key.SequenceEqual(Encoding.UTF8.GetBytes(key)), $"key {key} is lost: {point}");
                Assert.True(cursor.Value.SequenceEqual(value), $"key {key} is mixed: {point}");
                isOnItem = cursor.MoveNext();
            }

            Assert.False(isOnItem, $"more keys than there were: {point}");
        }

        // The survivor is written on: pages believed free must really be so.
        Commit(database, found + 1);
        Assert.Empty(database.Check());
    }

    private sealed class Acknowledged
    {
        public int Commits { get; set; }
    }
}
