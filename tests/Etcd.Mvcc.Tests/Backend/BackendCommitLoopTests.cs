using Etcd.Testing;
using Etcd.Testing.SimulatedDisk;
using static Etcd.Mvcc.Tests.Backends.BackendBench;

namespace Etcd.Mvcc.Tests.Backends;

// The commit thread beside the apply thread. The disk is held still where the order matters.
public sealed class BackendCommitLoopTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly SimulatedFileSystem _disk = NewDisk();
    private readonly ManualTimeProvider _time = new();
    private readonly SemaphoreSlim _commits = new(0);

    public void Dispose() => _commits.Dispose();

    [Fact]
    public async Task Interval_WritesPending_CommitsThem()
    {
        using Backend backend = OpenWithLoop();
        PutRevisions(backend, 2, 4);
        Assert.Equal(0, _commits.CurrentCount);

        _time.Advance(TimeSpan.FromMilliseconds(100));

        Assert.True(await _commits.WaitAsync(Patience, TestContext.Current.CancellationToken));
        using Backend crashed = Open(_disk.AfterPowerLoss(1));
        Assert.Equal(4UL, crashed.ConsistentIndex);
    }

    [Fact]
    public async Task BatchLimit_Reached_CommitsBeforeTheInterval()
    {
        using Backend backend = OpenWithLoop(batchLimit: 50);

        PutRevisions(backend, 2, 51);

        Assert.True(await _commits.WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task CommitAsync_NothingPending_CompletesAtOnce()
    {
        using Backend backend = OpenWithLoop();
        PutRevisions(backend, 2, 4);
        await backend.CommitAsync(TestContext.Current.CancellationToken);

        Assert.True(backend.CommitAsync(TestContext.Current.CancellationToken).IsCompletedSuccessfully);
        Assert.Equal(1, _commits.CurrentCount);
    }

    [Fact]
    public async Task Commit_DiskHangs_ApplyAndReadersGoOn()
    {
        using Backend backend = OpenWithLoop();
        PutRevisions(backend, 2, 10);
        using var held = new HeldDisk(_disk);
        Task commit = backend.CommitAsync(TestContext.Current.CancellationToken);
        held.WaitUntilReached();

        PutRevisions(backend, 11, 20);

        Assert.False(commit.IsCompleted);
        Assert.Equal(19, Scan(backend, BackendBucket.Key).Count);
        using (BackendView view = backend.View())
        {
            Assert.True(view.TryGet(BackendBucket.Key, KeyOf(7), out _));
            Assert.True(view.TryGet(BackendBucket.Key, KeyOf(17), out _));
        }

        held.Release();
        await commit.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(19, Scan(backend, BackendBucket.Key).Count);
    }

    [Fact]
    public async Task EndEntry_DiskFarBehind_WaitsForTheCommit()
    {
        using Backend backend = OpenWithLoop(pendingMax: 20);
        PutRevisions(backend, 2, 10);
        using var held = new HeldDisk(_disk);
        Task commit = backend.CommitAsync(TestContext.Current.CancellationToken);
        held.WaitUntilReached();

        var apply = new Thread(() => PutRevisions(backend, 11, 60)) { IsBackground = true };
        apply.Start();
        Assert.True(SpinWait.SpinUntil(() => apply.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Patience));
        Assert.InRange(Scan(backend, BackendBucket.Key).Count, 9 + 20, 9 + 21);

        held.Release();
        Assert.True(apply.Join(Patience));
        await commit.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(59, Scan(backend, BackendBucket.Key).Count);
    }

    // Memory is bounded however long a defragmentation takes; the bound is wider than that of a commit.
    [Fact]
    public void EndEntry_DefragmentationTakesLong_WaitsForIt()
    {
        using Backend backend = OpenWithLoop(pendingMax: 20);
        PutRevisions(backend, 2, 10);
        backend.Commit();
        using var held = new HeldDisk(_disk);
        var defragment = new Thread(() => backend.Defragment()) { IsBackground = true };
        defragment.Start();
        held.WaitUntilReached();

        var apply = new Thread(() => PutRevisions(backend, 11, 210)) { IsBackground = true };
        apply.Start();
        Assert.True(SpinWait.SpinUntil(() => apply.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Patience));
        Assert.InRange(Scan(backend, BackendBucket.Key).Count, 9 + 80, 9 + 81);

        held.Release();
        Assert.True(apply.Join(Patience));
        Assert.True(defragment.Join(Patience));
        Assert.Equal(209, Scan(backend, BackendBucket.Key).Count);
    }

    [Fact]
    public void Commit_DiskFails_StopsTheBackendAndKeepsTheFileWhole()
    {
        Backend backend = OpenWithLoop();
        PutRevisions(backend, 2, 10);
        backend.Commit();
        PutRevisions(backend, 11, 20);
        _disk.FailNext(DiskOperationKind.Sync);

        Assert.Throws<BackendFailedException>(backend.Commit);

        Assert.True(backend.Completion.IsFaulted);
        Assert.Throws<BackendFailedException>(() => backend.EndEntry(99, 1));
        Assert.Equal(19, Scan(backend, BackendBucket.Key).Count);
        backend.Dispose();
        using Backend reopened = Open(_disk.AfterPowerLoss(3));
        Assert.Equal(10UL, reopened.ConsistentIndex);
    }

    [Fact]
    public void Defragment_SnapshotOpen_WaitsForIt()
    {
        // Incident #18055 and its like: the file is never swapped under a copy.
        using Backend backend = OpenWithLoop();
        PutRevisions(backend, 2, 200);
        BackendSnapshot snapshot = backend.TakeSnapshot();
        int steps = _disk.Steps;
        var defragment = new Thread(() => backend.Defragment()) { IsBackground = true };
        defragment.Start();
        Assert.True(SpinWait.SpinUntil(() => defragment.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Patience));
        Assert.Equal(steps, _disk.Steps);

        var copy = new MemoryStream();
        snapshot.CopyTo(copy);
        snapshot.Dispose();

        Assert.True(defragment.Join(Patience));
        Assert.True(_disk.Steps > steps);
    }

    [Fact]
    public void TakeSnapshot_TwiceAtOnce_BothCopyTheSame()
    {
        // Incident #18055: two snapshots in short order.
        using Backend backend = OpenWithLoop();
        PutRevisions(backend, 2, 200);
        using BackendSnapshot one = backend.TakeSnapshot();
        using BackendSnapshot two = backend.TakeSnapshot();
        PutRevisions(backend, 201, 300);
        backend.Commit();

        Assert.Equal(one.Hash(), two.Hash());
    }

    private Backend OpenWithLoop(int batchLimit = 10_000, int pendingMax = 200_000) => Backend.Open(_disk, DatabasePath, new BackendOptions
    {
        Time = _time,
        BatchLimit = batchLimit,
        PendingMax = pendingMax,
        InitialMapBytes = 1 << 20,
        CommitObserver = _ => _commits.Release(),
    });

    /// <summary>Holds the commit thread at its next disk operation.</summary>
    private sealed class HeldDisk : IDisposable
    {
        private readonly SimulatedFileSystem _disk;
        private readonly ManualResetEventSlim _reached = new();
        private readonly ManualResetEventSlim _released = new();

        public HeldDisk(SimulatedFileSystem disk)
        {
            _disk = disk;
            disk.BeforeOperation = operation =>
            {
                if (operation.Kind == DiskOperationKind.Read)
                {
                    return;
                }

                _reached.Set();
                _released.Wait();
            };
        }

        public void WaitUntilReached() => Assert.True(_reached.Wait(Patience));

        public void Release()
        {
            _disk.BeforeOperation = null;
            _released.Set();
        }

        public void Dispose() => Release();
    }
}
