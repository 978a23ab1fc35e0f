using Etcd.Testing.SimulatedDisk;
using static Etcd.Mvcc.Tests.Backends.BackendBench;

namespace Etcd.Mvcc.Tests.Backends;

// Buckets and their keys as etcd lays them out, and what a commit puts on disk together.
public sealed class BackendTests
{
    private readonly SimulatedFileSystem _disk = NewDisk();

    [Fact]
    public void Open_NewFile_HasAllBucketsAndNoIndex()
    {
        using Backend backend = Open(_disk);
        using BackendView view = backend.View();

        for (var bucket = BackendBucket.Alarm; bucket <= BackendBucket.Meta; bucket++)
        {
            Assert.False(view.Scan(bucket).MoveNext());
        }

        Assert.Equal(0UL, backend.ConsistentIndex);
        Assert.True(backend.SizeBytes >= 4 * 4096);
    }

    [Fact]
    public void View_UncommittedWrites_SeesThem()
    {
        using Backend backend = Open(_disk);
        backend.Put(BackendBucket.Lease, Bytes("b"), Bytes("2"));
        backend.EndEntry(1, 1);
        backend.Commit();
        backend.Put(BackendBucket.Lease, Bytes("a"), Bytes("1"));
        backend.Put(BackendBucket.Lease, Bytes("c"), Bytes("3"));
        backend.Delete(BackendBucket.Lease, Bytes("b"));
        backend.EndEntry(2, 1);

        Assert.Equal(["a=1", "c=3"], Scan(backend, BackendBucket.Lease));
        Assert.Equal("3", Get(backend, BackendBucket.Lease, "c"));
        Assert.Null(Get(backend, BackendBucket.Lease, "b"));
    }

    [Fact]
    public void View_TakenBefore_KeepsSeeingItsState()
    {
        using Backend backend = Open(_disk);
        backend.Put(BackendBucket.Meta, Bytes("k"), Bytes("old"));
        backend.EndEntry(1, 1);
        backend.Commit();
        using BackendView before = backend.View();
        backend.Put(BackendBucket.Meta, Bytes("k"), Bytes("new"));
        backend.EndEntry(2, 1);
        backend.Commit();

        Assert.True(before.TryGet(BackendBucket.Meta, "k"u8, out ReadOnlySpan<byte> value));
        Assert.Equal("old", Text(value));
        Assert.Equal("new", Get(backend, BackendBucket.Meta, "k"));
    }

    [Fact]
    public void Scan_KeyBucket_GoesThroughFileThenBuffers()
    {
        using Backend backend = Open(_disk);
        PutRevisions(backend, 2, 5);
        backend.Commit();
        PutRevisions(backend, 6, 8);

        using BackendView view = backend.View();
        BackendCursor cursor = view.Scan(BackendBucket.Key, KeyOf(4));
        var seen = new List<long>();
        while (cursor.MoveNext())
        {
            Assert.True(Revision.TryRead(cursor.Key, out Revision revision, out bool isTombstone));
            Assert.Equal(revision.Main % 3 == 0, isTombstone);
            Assert.Equal($"r{revision.Main}", Text(cursor.Value));
            seen.Add(revision.Main);
        }

        Assert.Equal([4L, 5, 6, 7, 8], seen);
    }

    [Fact]
    public void Put_RevisionNotRising_IsRefused()
    {
        using Backend backend = Open(_disk);
        PutRevisions(backend, 5, 5);

        Assert.Throws<InvalidOperationException>(() => PutRevisions(backend, 4, 4));
        Assert.Throws<ArgumentException>(() => backend.Put(BackendBucket.Key, Bytes("not a revision"), Bytes("")));
        Assert.Throws<ArgumentException>(() => backend.Delete(BackendBucket.Key, KeyOf(5)));
    }

    [Fact]
    public void EndEntry_IndexGoesBack_IsRefused()
    {
        using Backend backend = Open(_disk);
        backend.EndEntry(5, 2);

        Assert.Throws<InvalidOperationException>(() => backend.EndEntry(4, 2));
    }

    [Fact]
    public void Commit_InsideAnEntry_IsRefusedRatherThanWaitingForEver()
    {
        using Backend backend = Open(_disk);
        backend.Put(BackendBucket.Meta, Bytes("k"), Bytes("v"));

        Assert.Throws<InvalidOperationException>(backend.Commit);
        backend.EndEntry(1, 1);
    }

    [Fact]
    public void Reopen_AfterDispose_HasEverythingThatWasEnded()
    {
        using (Backend backend = Open(_disk))
        {
            backend.Put(BackendBucket.Meta, Bytes("k"), Bytes("v"));
            backend.EndEntry(7, 3);
        }

        using Backend reopened = Open(_disk);
        Assert.Equal((7UL, 3UL), (reopened.ConsistentIndex, reopened.ConsistentTerm));
        Assert.Equal("v", Get(reopened, BackendBucket.Meta, "k"));
    }

    [Fact]
    public void Dispose_InsideAnEntry_WritesNothingOfIt()
    {
        Backend backend = Open(_disk);
        backend.EndEntry(1, 1);
        backend.Commit();
        backend.Put(BackendBucket.Meta, Bytes("k"), Bytes("half"));
        backend.Dispose();

        using Backend reopened = Open(_disk);
        Assert.Null(Get(reopened, BackendBucket.Meta, "k"));
        Assert.Equal(1UL, reopened.ConsistentIndex);
    }

    [Fact]
    public void TakeSnapshot_UncommittedWrites_CopyHasThem()
    {
        using Backend backend = Open(_disk);
        PutRevisions(backend, 2, 300);
        var copy = new MemoryStream();
        uint hash;
        using (BackendSnapshot snapshot = backend.TakeSnapshot())
        {
            snapshot.CopyTo(copy);
            hash = snapshot.Hash();
            Assert.Equal(snapshot.SizeBytes, copy.Length);
        }

        SimulatedFileSystem other = NewDisk();
        using (Etcd.Disk.IFile file = other.Open(DatabasePath, Etcd.Disk.FileOpening.CreateNew))
        {
            file.Write(copy.ToArray(), 0);
        }

        using Backend restored = Open(other);
        Assert.Equal(hash, restored.Hash());
        Assert.Equal(backend.ConsistentIndex, restored.ConsistentIndex);
        Assert.Equal(299, Scan(restored, BackendBucket.Key).Count);
    }

    [Fact]
    public void Hash_EqualDataAtOtherIndexes_IsEqual()
    {
        using Backend one = Open(_disk);
        using Backend two = Open(NewDisk());
        PutRevisions(one, 2, 9);
        PutRevisions(two, 2, 9);
        two.EndEntry(1000, 9);

        Assert.Equal(one.Hash(), two.Hash());
        one.Put(BackendBucket.Alarm, Bytes("x"), Bytes(""));
        one.EndEntry(1001, 9);
        Assert.NotEqual(one.Hash(), two.Hash());
    }
}
