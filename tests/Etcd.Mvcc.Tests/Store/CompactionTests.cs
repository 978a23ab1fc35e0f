using Etcd.Disk.Linux;
using Etcd.Mvcc.Tests.Backends;
using Etcd.Protocol.Errors;
using Etcd.Testing;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Mvcc.Tests.Store;

// What a compaction leaves of each key, and what it does to hashes: as etcd 3.5.
public sealed class CompactionTests : IDisposable
{
    private readonly StoreBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void Compact_RevisionZero_IsAllowedOnceOnly()
    {
        // As real etcd 3.5.30 answers: before the first compaction the compact revision is -1.
        _bench.Compact(0);

        Assert.Equal(EtcdErrorCode.Compacted, Assert.Throws<EtcdException>(() => _bench.Compact(0)).Code);
    }

    [Fact]
    public void Compact_OverwrittenAndDeletedKeys_LeavesOnlyWhatReadsNeed()
    {
        _bench.Put("a", "1");
        _bench.Put("a", "2");
        _bench.Put("b", "1");
        _bench.Delete("b");
        _bench.Put("c", "1");

        _bench.Compact(6);

        Assert.Equal(["3_0", "6_0"], Revisions());
        Assert.Equal(["a=2 c2 m3 v2 l0", "c=1 c6 m6 v1 l0"], _bench.Dump());
    }

    [Fact]
    public void Compact_TombstoneExactlyAtRevision_StaysInTheFileUntilTheNext()
    {
        // Etcd 3.5.16 and later.
        _bench.Put("a", "1");
        _bench.Delete("a");

        _bench.Compact(3);
        Assert.Equal(["3_0t"], Revisions());

        _bench.Put("b", "1");
        _bench.Compact(4);
        Assert.Equal(["4_0"], Revisions());
    }

    [Fact]
    public void Restart_CompactionInterrupted_IsTakenUpAgain()
    {
        for (int i = 0; i < 20; i++)
        {
            _bench.Put("a", $"{i}");
        }

        _bench.InEntry(() => _bench.Store.Compact(15));
        _bench.Restart();

        Assert.Equal(15, _bench.Store.CompactRevision);
        Assert.Throws<EtcdException>(() => _bench.Range("a", revision: 14));
        Assert.Equal(20, Revisions().Count);
        _bench.Store.RunCompactions();
        Assert.Equal(7, Revisions().Count);
        Assert.Equal("19", StoreBench.Text(_bench.Range("a").Kvs[0].Value));
    }

    [Fact]
    public void Restart_NewestRecordsCompactedAway_RevisionDoesNotGoBack()
    {
        // Incident #17780: the revision was taken from the newest record alone, which a compaction may have removed.
        SimulatedFileSystem disk = BackendBench.NewDisk();
        using (Backend backend = BackendBench.Open(disk))
        {
            byte[] mark = new byte[Revision.SizeBytes];
            new Revision(40, 0).WriteTo(mark);
            backend.Put(BackendBucket.Meta, "scheduledCompactRev"u8.ToArray(), mark);
            backend.EndEntry(9, 1);
        }

        using var bench = new StoreBench(disk);
        Assert.Equal(40, bench.Store.CurrentRevision);
        Assert.Equal(41, bench.Put("a", "1"));
    }

    [Fact]
    public void Restart_EverythingDeletedAndCompacted_RevisionDoesNotGoBack()
    {
        // Incident #17780, through the front door.
        _bench.Put("a", "1");
        _bench.Delete("a");
        _bench.Put("b", "1");
        _bench.Delete("b");
        _bench.Compact(5);
        _bench.Restart();

        Assert.Equal(5, _bench.Store.CurrentRevision);
    }

    [Fact]
    public void HashByRevision_AfterCompaction_IsTheOneTakenWhileItRan()
    {
        for (int i = 0; i < 12; i++)
        {
            _bench.Put($"k{i % 5}", $"{i}");
        }

        uint before = _bench.Store.HashByRevision(9).Hash;
        _bench.Compact(9);
        uint atSecond = _bench.Store.HashByRevision(12).Hash;
        _bench.Compact(12);

        // Taken over the data as it was before the compaction deleted anything, from the compaction before it on.
        Assert.Equal(new HashKvResult(before, -1, 9, 13), _bench.Store.HashByRevision(9));
        Assert.Equal(new HashKvResult(atSecond, 9, 12, 13), _bench.Store.HashByRevision(12));
        Assert.Equal(2, _bench.Store.CompactionHashes.Count);

        _bench.Restart();
        HashKvResult computed = _bench.Store.HashByRevision(12);
        Assert.Equal(12, computed.CompactRevision);
        Assert.Throws<EtcdException>(() => _bench.Store.HashByRevision(9));
    }

    [Fact]
    public void HashByRevision_CompactedOrNot_IsEqualOnMembersAtTheSameCompaction()
    {
        using var other = new StoreBench();
        foreach (StoreBench bench in (StoreBench[])[_bench, other])
        {
            for (int i = 0; i < 30; i++)
            {
                bench.Put($"k{i % 7}", $"{i}");
                if (i % 6 == 5)
                {
                    bench.Delete($"k{i % 5}");
                }
            }

            bench.InEntry(() => bench.Store.Compact(20));
        }

        _bench.Store.RunCompactions();

        // One has deleted from its file, the other has not begun.
        Assert.NotEqual(Revisions().Count, RevisionsOf(other).Count);
        Assert.Equal(_bench.Store.HashByRevision(25), other.Store.HashByRevision(25));
        Assert.Equal(_bench.Store.HashByRevision(0), other.Store.HashByRevision(0));
    }

    [Fact]
    public void CompactionHashes_MoreThanTen_KeepsTheNewest()
    {
        for (int i = 0; i < 12; i++)
        {
            _bench.Put("a", $"{i}");
            _bench.Compact(i + 2);
        }

        Assert.Equal(Enumerable.Range(4, 10).Select(revision => (long)revision), _bench.Store.CompactionHashes.Select(hash => hash.Revision));
    }

    [Fact]
    public async Task Compact_InBackground_EndsWhileWritesGoOn()
    {
        using var directory = new TemporaryDirectory();
        using Backend backend = Backend.Open(LinuxFileSystem.Instance, directory.File("db"), new BackendOptions { InitialMapBytes = 1 << 26 });
        using MvccStore store = MvccStore.Open(backend, new TestLeaseBook(), new MvccOptions { CompactionSleepInterval = TimeSpan.Zero });
        ulong index = 0;
        void Put(int i)
        {
            store.Put(new Protocol.Rpc.PutRequest { Key = StoreBench.Bytes($"k{i % 50}"), Value = StoreBench.Bytes($"{i}") });
            backend.EndEntry(++index, 1);
        }

        for (int i = 0; i < 5000; i++)
        {
            Put(i);
        }

        Task physical = store.Compact(4000);
        backend.EndEntry(++index, 1);
        for (int i = 0; i < 5000; i++)
        {
            Put(i);
        }

        await physical.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal(50, store.KeyCount);
        Assert.Equal(10_001 - 4000 + 50, BackendBench.Scan(backend, BackendBucket.Key).Count);
    }

    private static List<string> RevisionsOf(StoreBench bench)
    {
        var revisions = new List<string>();
        using BackendView view = bench.Backend.View();
        BackendCursor cursor = view.Scan(BackendBucket.Key);
        while (cursor.MoveNext())
        {
            Assert.True(Revision.TryRead(cursor.Key, out Revision revision, out bool isTombstone));
            revisions.Add(revision + (isTombstone ? "t" : ""));
        }

        return revisions;
    }

    private List<string> Revisions() => RevisionsOf(_bench);
}
