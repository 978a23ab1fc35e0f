using Etcd.Testing.SimulatedDisk;
using static Etcd.Mvcc.Tests.Backends.BackendBench;

namespace Etcd.Mvcc.Tests.Install;

public sealed class BackendInstallTests
{
    private const ulong ReceivedIndex = 100;
    private static readonly byte[] Received = MakeReceived();

    private readonly SimulatedFileSystem _disk = NewDisk();

    [Fact]
    public void Install_WritesWaitForACommit_LeavesExactlyTheReceivedState()
    {
        using Backend backend = OpenWithOldState(_disk);
        backend.Put(BackendBucket.Lease, Bytes("buffered"), Bytes("old"));
        backend.EndEntry(51, 3);
        ReceivedDatabase.Write(_disk, Received);

        backend.Install(ReceivedDatabase.Path);

        Assert.Equal(["new=lease"], Scan(backend, BackendBucket.Lease));
        Assert.Equal((ReceivedIndex, 7UL), (backend.ConsistentIndex, backend.ConsistentTerm));
        backend.Commit();
        Assert.Equal(["new=lease"], Scan(backend, BackendBucket.Lease));
        Assert.Equal(["db"], _disk.List("/data"));
    }

    [Fact]
    public void Install_EntriesAfterIt_AreCommittedToTheReceivedFile()
    {
        using (Backend backend = OpenWithOldState(_disk))
        {
            ReceivedDatabase.Write(_disk, Received);
            backend.Install(ReceivedDatabase.Path);
            backend.Put(BackendBucket.Lease, Bytes("later"), Bytes("lease"));
            backend.EndEntry(ReceivedIndex + 1, 8);
        }

        using Backend reopened = Open(_disk.AfterProcessKill());
        Assert.Equal(["later=lease", "new=lease"], Scan(reopened, BackendBucket.Lease));
        Assert.Equal(ReceivedIndex + 1, reopened.ConsistentIndex);
    }

    [Fact]
    public void Install_ViewsAndCopiesAreOpen_TheyStayInTheStateBefore()
    {
        using Backend backend = OpenWithOldState(_disk);
        byte[] before = ReceivedDatabase.Of(backend);
        using BackendView view = backend.View();
        using BackendSnapshot copy = backend.TakeSnapshot();
        ReceivedDatabase.Write(_disk, Received);

        backend.Install(ReceivedDatabase.Path);
        PutRevisions(backend, 200, 400);
        backend.Commit();

        Assert.True(view.TryGet(BackendBucket.Lease, Bytes("old"), out ReadOnlySpan<byte> value));
        Assert.Equal("lease", Text(value));
        using var copied = new MemoryStream();
        copy.CopyTo(copied);
        Assert.Equal(before, copied.ToArray());
    }

    [Fact]
    public async Task Install_SomebodyWaitsForACommit_IsTold()
    {
        using Backend backend = Backend.Open(_disk, DatabasePath, new BackendOptions { InitialMapBytes = 1 << 20 });
        ReceivedDatabase.Write(_disk, Received);
        backend.Put(BackendBucket.Lease, Bytes("a"), Bytes("b"));
        backend.EndEntry(1, 1);

        Task waiting = backend.CommitAsync(CancellationToken.None);
        backend.Install(ReceivedDatabase.Path);

        await waiting.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await backend.CommitAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(["new=lease"], Scan(backend, BackendBucket.Lease));
    }

    [Fact]
    public void Install_InsideAnEntry_IsRefused()
    {
        using Backend backend = OpenWithOldState(_disk);
        ReceivedDatabase.Write(_disk, Received);
        backend.Put(BackendBucket.Lease, Bytes("a"), Bytes("b"));

        Assert.Throws<InvalidOperationException>(() => backend.Install(ReceivedDatabase.Path));

        backend.EndEntry(51, 3);
        backend.Install(ReceivedDatabase.Path);
        Assert.Equal(["new=lease"], Scan(backend, BackendBucket.Lease));
    }

    [Fact]
    public void Install_NoSuchDatabaseOrADamagedOne_KeepsTheOldFileInUse()
    {
        using Backend backend = OpenWithOldState(_disk);

        Assert.Throws<FileNotFoundException>(() => backend.Install(ReceivedDatabase.Path));
        ReceivedDatabase.Write(_disk, Received[..^4096]);
        Assert.ThrowsAny<Exception>(() => backend.Install(ReceivedDatabase.Path));

        backend.Put(BackendBucket.Lease, Bytes("more"), Bytes("lease"));
        backend.EndEntry(51, 3);
        backend.Commit();
        using Backend reopened = Open(_disk.AfterProcessKill());
        Assert.Equal(["more=lease", "old=lease"], Scan(reopened, BackendBucket.Lease));
    }

    [Fact]
    public void Install_DirectoryIsNotSynced_EndsTheBackendBeforeWritesAreLost()
    {
        using Backend backend = OpenWithOldState(_disk);
        ReceivedDatabase.Write(_disk, Received);

        // The first belongs to opening it under the name it was received under.
        _disk.FailNext(DiskOperationKind.SyncDirectory, skip: 1);

        Assert.Throws<BackendFailedException>(() => backend.Install(ReceivedDatabase.Path));

        Assert.True(backend.Completion.IsFaulted);
        Assert.Throws<BackendFailedException>(() => PutRevisions(backend, 200, 201));
    }

    // Incident 3.5.23 (with #18055): a snapshot installed while a defragmentation ran corrupted the file.
    [Fact]
    public void Install_WhileADefragmentationRuns_ComesAfterIt()
    {
        using Backend backend = OpenWithOldState(_disk);
        ReceivedDatabase.Write(_disk, Received);
        using var defragmentationRuns = new ManualResetEventSlim();
        var renamed = new List<string>();
        var install = new Thread(() =>
        {
            defragmentationRuns.Wait();
            backend.Install(ReceivedDatabase.Path);
        });
        _disk.BeforeOperation = operation =>
        {
            if (operation.Kind == DiskOperationKind.Rename)
            {
                renamed.Add(operation.Path);
            }

            if (operation.Path.EndsWith(".tmp.defrag", StringComparison.Ordinal))
            {
                defragmentationRuns.Set();

                // Until it stands before a lock; whose, the order of what follows tells.
                SpinWait.SpinUntil(() => (install.ThreadState & ThreadState.WaitSleepJoin) != 0);
            }
        };
        install.Start();

        backend.Defragment();
        install.Join();

        Assert.Equal(["/data/db.tmp.defrag", ReceivedDatabase.Path], renamed);
        Assert.Equal(["new=lease"], Scan(backend, BackendBucket.Lease));
        Assert.Equal(["db"], _disk.List("/data"));
        using Backend reopened = Open(_disk.AfterProcessKill());
        Assert.Equal(["new=lease"], Scan(reopened, BackendBucket.Lease));
    }

    // Incident #18055: two snapshots in short order ended the member.
    [Fact]
    public void Install_TwiceWithoutAReloadBetween_LeavesTheSecond()
    {
        using Backend backend = OpenWithOldState(_disk);
        using MvccStore store = MvccStore.Open(backend, new Store.TestLeaseBook(), new MvccOptions { CompactsInBackground = false });
        ReceivedDatabase.Write(_disk, ReceivedDatabase.Of(backend));
        backend.Install(ReceivedDatabase.Path);
        ReceivedDatabase.Write(_disk, Received);

        backend.Install(ReceivedDatabase.Path);
        store.Reload();

        Assert.Equal(["new=lease"], Scan(backend, BackendBucket.Lease));
        Assert.Equal(59, store.CurrentRevision);
    }

    [Fact]
    public void Install_PowerLostAtAnyStep_LeavesTheOldFileBesideTheDatabaseOrTheDatabaseInItsPlace()
    {
        int steps = CrashSweep.Run(
            () =>
            {
                SimulatedFileSystem disk = NewDisk();
                OpenWithOldState(disk).Dispose();
                ReceivedDatabase.Write(disk, Received);
                return disk;
            },
            () => 0,
            (disk, _) => Unwrapped(() =>
            {
                using Backend backend = Open(disk);
                backend.Install(ReceivedDatabase.Path);
                backend.Put(BackendBucket.Lease, Bytes("zz"), Bytes("later"));
                backend.EndEntry(ReceivedIndex + 1, 8);
                backend.Commit();
            }),
            (disk, _, point) =>
            {
                using Backend backend = Open(disk);
                if (backend.ConsistentIndex == 50)
                {
                    Assert.True(point.InTheMiddle);
                    Assert.Equal(["old=lease"], Scan(backend, BackendBucket.Lease));
                    Assert.Equal(ReceivedIndex, DatabaseInspection.Inspect(disk, ReceivedDatabase.Path).ConsistentIndex);
                    return;
                }

                Assert.Equal(backend.ConsistentIndex == ReceivedIndex ? ["new=lease"] : ["new=lease", "zz=later"], Scan(backend, BackendBucket.Lease));
                Assert.Equal(["db"], disk.List("/data"));
            },
            draws: 3);

        Assert.True(steps > 4);
    }

    private static Backend OpenWithOldState(SimulatedFileSystem disk)
    {
        Backend backend = Open(disk);
        backend.Put(BackendBucket.Lease, Bytes("old"), Bytes("lease"));
        backend.EndEntry(50, 3);
        backend.Commit();
        return backend;
    }

    private static byte[] MakeReceived()
    {
        using Backend leader = Open(NewDisk());
        leader.Put(BackendBucket.Lease, Bytes("new"), Bytes("lease"));
        leader.EndEntry(1, 6);
        leader.Put(BackendBucket.Key, KeyOf(59), KeyValueRecord.Encode("a"u8, 59, 59, 1, "b"u8, 0));
        leader.EndEntry(ReceivedIndex, 7);
        return ReceivedDatabase.Of(leader);
    }
}
