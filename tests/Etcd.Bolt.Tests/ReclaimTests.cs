using System.Buffers.Binary;

using Etcd.Testing.SimulatedDisk;

using static Etcd.Bolt.Tests.TestDatabase;

namespace Etcd.Bolt.Tests;

/// <summary>Commits that move nodes from the file's end into free pages, and cut the file.</summary>
public sealed class ReclaimTests
{
    private const long StepBytes = 64 << 10;

    [Theory]
    [InlineData(1024, false)]
    [InlineData(4096, false)]
    [InlineData(4096, true)]
    public void ReclaimSpace_FourFifthsWereDeleted_FileFollowsTheData(int pageSizeBytes, bool storeFreelist)
    {
        using var test = new TestDatabase(new BoltOptions { PageSizeBytes = pageSizeBytes, StoreFreelist = storeFreelist });
        test.Write(tx => Fill(tx, 0, 8000));
        test.Write(tx => Delete(tx, 8000, key => key % 5 != 0));
        (long size, long fileBytes) = (test.Database.SizeBytes, test.Database.FileBytes);

        int commits = ReclaimAll(test);

        Assert.True(commits > 3, $"{commits} steps are no small ones");
        Assert.InRange(test.Database.SizeBytes, test.Database.LiveBytes, size / 2);
        Assert.InRange(test.Database.FileBytes, test.Database.SizeBytes, fileBytes / 2);
        Assert.Equal(new FileInfo(test.FilePath).Length, test.Database.FileBytes);
        AssertHolds(test, 8000, key => key % 5 == 0);
        test.Reopen();
        AssertHolds(test, 8000, key => key % 5 == 0);
    }

    [Fact]
    public void ReclaimSpace_AnyStep_WritesNoMoreThanItSaid()
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 0, 5000));
        test.Write(tx => Delete(tx, 5000, key => key % 5 != 0));
        long moved = 0;

        for (int step = 0; step < 40; step++)
        {
            using BoltWriteTransaction write = test.Database.BeginWrite();
            long planned = write.ReclaimSpace(targetBytes: 0, StepBytes);
            write.Commit();

            // The last node may exceed it: here a page, and what is above it.
            Assert.InRange(planned, 0, StepBytes + (3 * 4096));
            Assert.InRange(write.MovedBytes, 0, planned);
            moved += write.MovedBytes;
        }

        Assert.True(moved > 0, "nothing was moved");
        Assert.Empty(test.Database.Check());
    }

    [Fact]
    public void ReclaimSpace_StepOfNothing_OnlyGivesUpTheFreeEnd()
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 0, 100));
        test.Write(tx => Fill(tx, 100, 8000));
        test.Write(tx => Delete(tx, 8000, key => key >= 100));
        test.Write(tx => tx.CreateBucketIfMissing("other"u8));
        long size = test.Database.SizeBytes;

        using (BoltWriteTransaction write = test.Database.BeginWrite())
        {
            write.Bucket("other"u8)!.Put(Bytes("k"), Bytes("v"));
            Assert.Equal(0, write.ReclaimSpace(targetBytes: 0, bytesMax: 0));
            write.Commit();
            Assert.Equal(0, write.MovedBytes);
        }

        Assert.InRange(test.Database.SizeBytes, 1, size / 4);
        Assert.Empty(test.Database.Check());
    }

    [Fact]
    public void Commit_NotAskedToReclaim_LeavesTheEndWhereItIs()
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 0, 8000));
        test.Write(tx => Delete(tx, 8000, _ => true));
        (long size, long fileBytes) = (test.Database.SizeBytes, test.Database.FileBytes);

        for (int commit = 0; commit < 5; commit++)
        {
            test.Write(tx => Fill(tx, commit, 1));
        }

        Assert.Equal(size, test.Database.SizeBytes);
        Assert.Equal(fileBytes, test.Database.FileBytes);
    }

    [Fact]
    public void ReclaimSpace_TargetAboveTheData_StopsThere()
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 0, 8000));
        test.Write(tx => Delete(tx, 8000, key => key % 5 != 0));
        long target = test.Database.SizeBytes / 2;

        ReclaimAll(test, target);

        Assert.InRange(test.Database.SizeBytes, target, target + 4096);
    }

    // Nodes of many pages need neighbouring free ones.
    [Fact]
    public void ReclaimSpace_LargeValues_MoveAsWholeRuns()
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 0, 600, valueBytes: 9000));
        test.Write(tx => Delete(tx, 600, key => key % 7 != 0));
        long size = test.Database.SizeBytes;

        ReclaimAll(test);

        Assert.InRange(test.Database.SizeBytes, 1, size / 3);
        AssertHolds(test, 600, key => key % 7 == 0, valueBytes: 9000);
    }

    [Fact]
    public void ReclaimSpace_ReaderOpen_KeepsItsPagesAndTheFileUntilItEnds()
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 0, 8000));
        BoltReadTransaction reader = test.Database.BeginRead();
        test.Write(tx => Delete(tx, 8000, key => key % 5 != 0));

        ReclaimAll(test);

        Assert.True(test.Database.FileBytes >= reader.SizeBytes, "the file was cut under a reader");
        AssertHolds(reader, 8000, _ => true);
        using (var copy = new MemoryStream())
        {
            reader.CopyTo(copy);
            Assert.Equal(reader.CopySizeBytes, copy.Length);
        }

        long size = reader.SizeBytes;
        reader.Dispose();
        ReclaimAll(test);
        Assert.InRange(test.Database.FileBytes, 1, size / 2);
        AssertHolds(test, 8000, key => key % 5 == 0);
    }

    // The high-water mark can fall while an old version is read; the file cannot.
    [Fact]
    public void ReclaimSpace_ReaderOfALongerVersionWithFreeEnd_FileIsNotCutUnderIt()
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 0, 8000));
        test.Write(tx => Delete(tx, 8000, key => key >= 10));
        test.Write(tx => Fill(tx, 0, 1));
        using BoltReadTransaction reader = test.Database.BeginRead();

        ReclaimAll(test);

        Assert.True(test.Database.SizeBytes < reader.SizeBytes / 4);
        Assert.True(test.Database.FileBytes >= reader.SizeBytes, "the file was cut under a reader");
        using var copy = new MemoryStream();
        reader.CopyTo(copy);
        Assert.Equal(reader.CopySizeBytes, copy.Length);
    }

    [Fact]
    public async Task ReclaimSpace_ReadersOnOtherThreads_AlwaysSeeOneWholeVersion()
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 0, 8000));
        test.Write(tx => Delete(tx, 8000, key => key % 5 != 0));
        long size = test.Database.SizeBytes;
        using var stop = new CancellationTokenSource();
        using var allHaveRead = new CountdownEvent(2);
        Task[] readers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(
            () =>
            {
                bool isFirst = true;
                while (isFirst || !stop.IsCancellationRequested)
                {
                    using BoltReadTransaction read = test.Database.BeginRead();
                    AssertHolds(read, 8000, key => key % 5 == 0);
                    if (isFirst)
                    {
                        allHaveRead.Signal();
                        isFirst = false;
                    }
                }
            },
            TestContext.Current.CancellationToken))];

        allHaveRead.Wait(TestContext.Current.CancellationToken);
        ReclaimAll(test);
        await stop.CancelAsync();
        await Task.WhenAll(readers);

        ReclaimAll(test);
        Assert.InRange(test.Database.FileBytes, 1, size / 2);
    }

    [Fact]
    public void ReclaimSpace_BucketsInsideBuckets_AreLeftAndStayWhole()
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 0, 2000));
        test.Write(tx =>
        {
            BoltBucket inner = tx.CreateBucketIfMissing("outer"u8).CreateBucketIfMissing("inner"u8);
            for (int key = 0; key < 500; key++)
            {
                inner.Put(Key(key), new byte[100]);
            }
        });
        test.Write(tx => Delete(tx, 2000, key => key % 5 != 0));

        ReclaimAll(test);

        AssertHolds(test, 2000, key => key % 5 == 0);
        using BoltReadTransaction read = test.Database.BeginRead();
        Assert.True(read.Bucket("outer"u8)!.Bucket("inner"u8)!.TryGet(Key(499), out ReadOnlySpan<byte> value));
        Assert.Equal(100, value.Length);
    }

    [Fact]
    public void ReclaimSpace_BucketDeletedInTheSameTransaction_IsGone()
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 0, 3000));
        test.Write(tx =>
        {
            BoltBucket doomed = tx.CreateBucketIfMissing("doomed"u8);
            for (int key = 0; key < 1000; key++)
            {
                doomed.Put(Key(key), new byte[100]);
            }
        });
        test.Write(tx => Delete(tx, 3000, key => key % 3 != 0));

        // The end of the file holds its nodes: first they are planned to move, then they go.
        test.Write(tx =>
        {
            tx.ReclaimSpace(0, StepBytes);
            Assert.True(tx.DeleteBucket("doomed"u8));
        });
        test.Write(tx => tx.ReclaimSpace(0, StepBytes));

        AssertHolds(test, 3000, key => key % 3 == 0);
    }

    [Fact]
    public void ReclaimSpace_RolledBack_ChangesNothing()
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 0, 3000));
        test.Write(tx => Delete(tx, 3000, key => key % 5 != 0));
        (long size, long live) = (test.Database.SizeBytes, test.Database.LiveBytes);

        using (BoltWriteTransaction write = test.Database.BeginWrite())
        {
            Assert.True(write.ReclaimSpace(0, StepBytes) > 0);
        }

        Assert.Equal(size, test.Database.SizeBytes);
        Assert.Equal(live, test.Database.LiveBytes);
        AssertHolds(test, 3000, key => key % 5 == 0);
    }

    [Fact]
    public void ReclaimSpace_Twice_Throws()
    {
        using var test = new TestDatabase();
        using BoltWriteTransaction write = test.Database.BeginWrite();
        write.ReclaimSpace(0, 0);

        Assert.Throws<InvalidOperationException>(() => write.ReclaimSpace(0, 0));
    }

    // Nothing but the file's length depends on a cut.
    [Fact]
    public void ReclaimSpace_CutFails_CommitsAllTheSameAndCutsLater()
    {
        var disk = new SimulatedFileSystem();
        using BoltDatabase database = BoltDatabase.Open(disk, "/db", new BoltOptions());
        Write(database, tx => Fill(tx, 0, 3000));
        Write(database, tx => Delete(tx, 3000, key => key % 5 != 0));
        disk.FailNext(DiskOperationKind.SetLength, "db");

        for (int step = 0; step < 40; step++)
        {
            Write(database, tx => tx.ReclaimSpace(0, StepBytes));
            Assert.Empty(database.Check());
        }

        using BoltReadTransaction read = database.BeginRead();
        AssertHolds(read, 3000, key => key % 5 == 0);
        Assert.InRange(database.FileBytes, database.SizeBytes, database.SizeBytes * 5 / 4);
    }

    // The end was given up, and then power was lost before the file was cut.
    [Fact]
    public void Open_FileFarLongerThanItsPages_IsCutByALaterStep()
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 0, 100));
        test.Database.Dispose();
        using (FileStream file = File.OpenWrite(test.FilePath))
        {
            file.SetLength(100 << 20);
        }

        test.Reopen();
        ReclaimAll(test);

        Assert.InRange(test.Database.FileBytes, test.Database.SizeBytes, test.Database.SizeBytes * 5 / 4);
        AssertHolds(test, 100, _ => true);
    }

    /// <summary>Steps until three of them have neither moved nor given up anything.</summary>
    private static int ReclaimAll(TestDatabase test, long targetBytes = 0)
    {
        int commits = 0;
        for (int idle = 0; idle < 3; commits++)
        {
            Assert.True(commits < 1000, "it does not end");
            (long size, long fileBytes, long live) = (test.Database.SizeBytes, test.Database.FileBytes, test.Database.LiveBytes);
            BoltWriteTransaction? write = null;
            test.Write(tx =>
            {
                write = tx;

                // etcd stores the index of the last entry with every commit.
                tx.CreateBucketIfMissing("meta"u8).Put(Bytes("index"), BitConverter.GetBytes(commits));
                tx.ReclaimSpace(targetBytes > 0 ? targetBytes : live * 11 / 10, StepBytes);
            });
            bool isIdle = size == test.Database.SizeBytes && fileBytes == test.Database.FileBytes && write!.MovedBytes == 0;
            idle = isIdle ? idle + 1 : 0;
        }

        return commits;
    }

    private static void Write(BoltDatabase database, Action<BoltWriteTransaction> change)
    {
        using BoltWriteTransaction write = database.BeginWrite();
        change(write);
        write.Commit();
    }

    private static void Fill(BoltWriteTransaction write, int first, int end, int valueBytes = 100)
    {
        BoltBucket bucket = write.CreateBucketIfMissing("b"u8);
        bucket.FillPercent = 0.9;
        for (int key = first; key < end; key++)
        {
            bucket.Put(Key(key), Value(key, valueBytes));
        }
    }

    private static void Delete(BoltWriteTransaction write, int keys, Func<int, bool> which)
    {
        foreach (int key in Enumerable.Range(0, keys).Where(which))
        {
            Assert.True(write.Bucket("b"u8)!.Delete(Key(key)));
        }
    }

    private static void AssertHolds(TestDatabase test, int keys, Func<int, bool> which, int valueBytes = 100)
    {
        Assert.Empty(test.Database.Check());
        using BoltReadTransaction read = test.Database.BeginRead();
        AssertHolds(read, keys, which, valueBytes);
    }

    private static void AssertHolds(BoltReadTransaction read, int keys, Func<int, bool> which, int valueBytes = 100)
    {
        BoltCursor cursor = read.Bucket("b"u8)!.Cursor();
        bool isOnItem = cursor.MoveFirst();
        foreach (int key in Enumerable.Range(0, keys).Where(which))
        {
            Assert.True(isOnItem && cursor.Key.SequenceEqual(Key(key)), $"key {key} is missing");
            Assert.True(cursor.Value.SequenceEqual(Value(key, valueBytes)), $"key {key} has another's value");
            isOnItem = cursor.MoveNext();
        }

        Assert.False(isOnItem, "there are more keys than there should be");
    }

    private static byte[] Key(int number)
    {
        byte[] key = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(key, number);
        return key;
    }

    private static byte[] Value(int key, int length)
    {
        byte[] value = new byte[length];
        value.AsSpan().Fill((byte)key);
        BinaryPrimitives.WriteInt32LittleEndian(value, key);
        return value;
    }
}
