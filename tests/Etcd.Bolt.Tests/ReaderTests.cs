using System.Buffers.Binary;

using static Etcd.Bolt.Tests.TestDatabase;

namespace Etcd.Bolt.Tests;

/// <summary>Readers see one version, hold back the reuse of its pages and of nothing else, and outlive maps and the database.</summary>
public sealed class ReaderTests
{
    [Fact]
    public void BeginRead_DuringAndAfterALaterCommit_SeesItsOwnVersion()
    {
        using var test = new TestDatabase();
        test.Write(tx => tx.CreateBucketIfMissing("b"u8).Put(Bytes("k"), Bytes("old")));
        using BoltReadTransaction before = test.Database.BeginRead();
        BoltBucket bucket = before.Bucket("b"u8)!;

        test.Write(tx => tx.Bucket("b"u8)!.Put(Bytes("k"), Bytes("new")));

        Assert.True(bucket.TryGet("k"u8, out ReadOnlySpan<byte> value));
        Assert.Equal("old"u8, value);
        using BoltReadTransaction after = test.Database.BeginRead();
        Assert.True(after.Bucket("b"u8)!.TryGet("k"u8, out value));
        Assert.Equal("new"u8, value);
        Assert.True(after.Id > before.Id);
    }

    [Fact]
    public void Write_BeforeItsCommit_IsSeenByItselfOnly()
    {
        using var test = new TestDatabase();
        test.Write(tx => tx.CreateBucketIfMissing("b"u8));
        using BoltWriteTransaction write = test.Database.BeginWrite();
        write.Bucket("b"u8)!.Put(Bytes("k"), Bytes("v"));

        using BoltReadTransaction read = test.Database.BeginRead();

        Assert.False(read.Bucket("b"u8)!.TryGet("k"u8, out _));
        Assert.True(write.Bucket("b"u8)!.TryGet("k"u8, out _));
    }

    [Fact]
    public void Write_Disposed_LeavesNoTrace()
    {
        using var test = new TestDatabase();
        test.Write(tx => tx.CreateBucketIfMissing("b"u8).Put(Bytes("k"), Bytes("v")));

        using (BoltWriteTransaction write = test.Database.BeginWrite())
        {
            write.DeleteBucket("b"u8);
            write.CreateBucketIfMissing("c"u8);
        }

        using BoltReadTransaction read = test.Database.BeginRead();
        Assert.NotNull(read.Bucket("b"u8));
        Assert.Null(read.Bucket("c"u8));
        Assert.Empty(test.Database.Check());
    }

    [Fact]
    public void BeginWrite_WhileOneIsOpen_Throws()
    {
        using var test = new TestDatabase();
        using BoltWriteTransaction write = test.Database.BeginWrite();

        Assert.Throws<InvalidOperationException>(() => test.Database.BeginWrite());
        Assert.Throws<InvalidOperationException>(() => test.Database.Check());
    }

    [Fact]
    public void Commit_SameKeysAgainAndAgain_DoesNotGrowTheFile()
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 0));
        test.Write(tx => Fill(tx, 1));
        long size = test.Database.SizeBytes;

        for (int round = 2; round < 30; round++)
        {
            test.Write(tx => Fill(tx, round));
        }

        // One version in use, one that the newest commit replaced.
        Assert.InRange(test.Database.SizeBytes, size, size + (size / 2));
    }

    // A snapshot that is sent for minutes must not keep every page alive that comes and goes meanwhile.
    [Fact]
    public void Commit_WhileOneOldReaderIsOpen_ReusesThePagesItNeverSaw()
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 0));
        using BoltReadTransaction old = test.Database.BeginRead();
        for (int round = 1; round < 4; round++)
        {
            test.Write(tx => Fill(tx, round));
        }

        long size = test.Database.SizeBytes;
        for (int round = 4; round < 40; round++)
        {
            test.Write(tx => Fill(tx, round));
        }

        Assert.InRange(test.Database.SizeBytes, size, size + (size / 4));
        AssertFilledBy(old, 0);
    }

    [Fact]
    public void Commit_ReadersOfSeveralVersions_EachSeesItsOwnUntilTheEnd()
    {
        using var test = new TestDatabase(new BoltOptions { PageSizeBytes = 1024 });
        List<(BoltReadTransaction Read, int Round)> readers = [];
        for (int round = 0; round < 30; round++)
        {
            test.Write(tx => Fill(tx, round));
            readers.Add((test.Database.BeginRead(), round));
            if (round % 3 == 2)
            {
                (BoltReadTransaction read, int seen) = readers[round % readers.Count];
                AssertFilledBy(read, seen);
                read.Dispose();
                readers.RemoveAt(round % readers.Count);
            }
        }

        foreach ((BoltReadTransaction read, int seen) in readers)
        {
            AssertFilledBy(read, seen);
            read.Dispose();
        }

        test.Write(tx => Fill(tx, 99));
    }

    [Fact]
    public void Commit_FileOutgrowsItsMap_OldReadersKeepTheirs()
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 1));
        using BoltReadTransaction old = test.Database.BeginRead();
        Etcd.Disk.IFileMap firstMap = old.Version.Mapping.Map;

        test.Write(tx => tx.CreateBucketIfMissing("large"u8).Put(Bytes("k"), new byte[1 << 20]));

        using BoltReadTransaction young = test.Database.BeginRead();
        Assert.NotSame(firstMap, young.Version.Mapping.Map);
        AssertFilledBy(old, 1);
        AssertFilledBy(young, 1);
    }

    [Fact]
    public void Commit_MapReplacedAndReadersGone_UnmapsTheOldOne()
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 1));
        BoltReadTransaction old = test.Database.BeginRead();
        Etcd.Disk.IFileMap firstMap = old.Version.Mapping.Map;
        test.Write(tx => tx.CreateBucketIfMissing("large"u8).Put(Bytes("k"), new byte[1 << 20]));
        _ = firstMap.Slice(0, 1);

        old.Dispose();

        Assert.Throws<ObjectDisposedException>(() => firstMap.Slice(0, 1).Length);
    }

    [Fact]
    public void Commit_WithinTheInitialMap_NeverMapsAnew()
    {
        using var test = new TestDatabase(new BoltOptions { InitialMapBytes = 10L << 30 });
        using BoltReadTransaction old = test.Database.BeginRead();

        test.Write(tx => tx.CreateBucketIfMissing("large"u8).Put(Bytes("k"), new byte[1 << 20]));

        using BoltReadTransaction young = test.Database.BeginRead();
        Assert.Same(old.Version.Mapping.Map, young.Version.Mapping.Map);
    }

    [Fact]
    public void Dispose_ReaderStillOpen_ReaderGoesOn()
    {
        var test = new TestDatabase();
        test.Write(tx => Fill(tx, 7));
        BoltReadTransaction read = test.Database.BeginRead();

        test.Dispose();

        AssertFilledBy(read, 7);
        read.Dispose();
        Assert.Throws<ObjectDisposedException>(() => read.Bucket("b"u8));
        Assert.Throws<ObjectDisposedException>(() => test.Database.BeginRead());
    }

    [Fact]
    public async Task BeginRead_FromThreadsBesideAWriter_AlwaysSeesOneWholeVersion()
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 0));
        using var stop = new CancellationTokenSource();
        using var allHaveRead = new CountdownEvent(4);
        Task[] readers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(
            () =>
            {
                int newest = -1;
                while (!stop.IsCancellationRequested)
                {
                    using BoltReadTransaction read = test.Database.BeginRead();
                    int round = RoundOf(read);
                    AssertFilledBy(read, round);
                    Assert.True(round >= newest, "versions went back");
                    if (newest < 0)
                    {
                        allHaveRead.Signal();
                    }

                    newest = round;
                }
            },
            TestContext.Current.CancellationToken))];

        allHaveRead.Wait(TestContext.Current.CancellationToken);
        for (int round = 1; round < 150; round++)
        {
            using BoltWriteTransaction write = test.Database.BeginWrite();
            Fill(write, round);
            write.Commit();
        }

        await stop.CancelAsync();
        await Task.WhenAll(readers);
        Assert.Empty(test.Database.Check());
    }

    [Fact]
    public void InUseBytes_AfterDeletions_FallsWhileSizeStays()
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 1));
        long size = test.Database.SizeBytes;
        long inUse = test.Database.InUseBytes;

        test.Write(tx => tx.DeleteBucket("b"u8));
        test.Write(tx => tx.CreateBucketIfMissing("c"u8));

        Assert.True(test.Database.SizeBytes >= size);
        Assert.True(test.Database.InUseBytes < inUse / 4, $"{test.Database.InUseBytes} of {inUse}");
        test.Reopen();
        Assert.True(test.Database.InUseBytes < inUse / 4);
    }

    private static void Fill(BoltWriteTransaction write, int round)
    {
        BoltBucket bucket = write.CreateBucketIfMissing("b"u8);
        for (int i = 0; i < 300; i++)
        {
            byte[] value = new byte[60];
            BinaryPrimitives.WriteInt32LittleEndian(value, round);
            bucket.Put(Bytes($"{i:D4}"), value);
        }
    }

    private static int RoundOf(BoltReadTransaction read)
    {
        Assert.True(read.Bucket("b"u8)!.TryGet("0000"u8, out ReadOnlySpan<byte> value));
        return BinaryPrimitives.ReadInt32LittleEndian(value);
    }

    private static void AssertFilledBy(BoltReadTransaction read, int round)
    {
        int count = 0;
        BoltCursor cursor = read.Bucket("b"u8)!.Cursor();
        for (bool isOnItem = cursor.MoveFirst(); isOnItem; isOnItem = cursor.MoveNext())
        {
            Assert.Equal(round, BinaryPrimitives.ReadInt32LittleEndian(cursor.Value));
            count++;
        }

        Assert.Equal(300, count);
    }
}
