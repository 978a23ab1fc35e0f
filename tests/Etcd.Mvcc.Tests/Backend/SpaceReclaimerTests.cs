using Etcd.Testing;
using Etcd.Testing.SimulatedDisk;
using static Etcd.Mvcc.Tests.Backends.BackendBench;

namespace Etcd.Mvcc.Tests.Backends;

// When the file is made smaller, how fast, and what holds it up. The clock moves only when the test moves it.
public sealed class SpaceReclaimerTests
{
    private const long Records = 12_000;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private static readonly ReclaimOptions Reclaim = new() { BytesPerSecond = 640 << 10, StepBytesMax = 64 << 10, FreeBytesMin = 64 << 10 };

    private readonly SimulatedFileSystem _disk = NewDisk();
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Interval_NobodyWrites_TheFileFollowsTheData()
    {
        using Backend backend = Open(Reclaim);
        await FillAndDeleteAsync(backend);
        IReadOnlyList<string> before = Scan(backend, BackendBucket.Key);
        (long size, long fileBytes) = (backend.SizeBytes, backend.FileBytes);

        int steps = StepUntilInactive(backend);

        Assert.True(steps > 5, $"all in {steps} steps");
        Assert.InRange(backend.SizeBytes, 1, size / 3);
        Assert.InRange(backend.FileBytes, backend.SizeBytes, fileBytes / 3);
        Assert.True(backend.SizeBytes <= backend.InUseBytes * 5 / 4, $"{backend.SizeBytes} for {backend.InUseBytes}");
        Assert.Equal(fileBytes - backend.FileBytes, backend.Reclaimed.ReturnedBytes);
        Assert.Equal(before, Scan(backend, BackendBucket.Key));

        // It is over: nothing waits for the clock any more.
        int disk = _disk.Steps;
        Step(backend);
        Step(backend);
        Assert.Equal(disk, _disk.Steps);
    }

    [Fact]
    public async Task Steps_AnyTime_MoveNoMoreThanTheRate()
    {
        using Backend backend = Open(Reclaim with { BytesPerSecond = 50 << 10 });
        await FillAndDeleteAsync(backend);

        for (int tenths = 1; tenths <= 150; tenths++)
        {
            Step(backend);
            long allowed = Reclaim.StepBytesMax + (tenths * 5 << 10) + (4 * 4096);
            Assert.InRange(backend.Reclaimed.MovedBytes, 0, allowed);
        }

        Assert.True(backend.Reclaimed.MovedBytes > 400 << 10, $"only {backend.Reclaimed.MovedBytes} bytes in 15 s");
    }

    [Fact]
    public async Task Commit_SwitchedOff_LeavesTheFileAsItIs()
    {
        using Backend backend = Open(Reclaim with { BytesPerSecond = 0 });
        await FillAndDeleteAsync(backend);
        (long size, long fileBytes, int disk) = (backend.SizeBytes, backend.FileBytes, _disk.Steps);

        Step(backend);
        Assert.Equal(disk, _disk.Steps);
        for (long index = Records + 1; index < Records + 20; index++)
        {
            Touch(backend, index);
            backend.Commit();
        }

        Assert.Equal(new ReclaimFigures(IsActive: false, 0, 0), backend.Reclaimed);
        Assert.InRange(backend.SizeBytes, size, size + (64 << 10));
        Assert.Equal(fileBytes, backend.FileBytes);
    }

    [Fact]
    public async Task Commit_LittleIsFree_LeavesItFree()
    {
        using Backend backend = Open(Reclaim with { FreeBytesMin = 1 << 30 });
        await FillAndDeleteAsync(backend);

        Step(backend);

        Assert.False(backend.Reclaimed.IsActive);
    }

    // Where commits have no thread, as in the simulation, steps ride on the commits that are made.
    [Fact]
    public async Task Commit_NoThread_StepsRideOnOrdinaryCommits()
    {
        using Backend backend = Open(Reclaim, onOwnThread: false);
        await FillAndDeleteAsync(backend);
        long size = backend.SizeBytes;

        for (long index = Records + 1; index < Records + 60; index++)
        {
            _time.Advance(Interval);
            Touch(backend, index);
            backend.Commit();
        }

        Assert.InRange(backend.SizeBytes, 1, size / 3);
        Assert.False(backend.Reclaimed.IsActive);
    }

    // Each commit costs two syncs, and the disk is also the log's.
    [Fact]
    public async Task Steps_WritesArePending_RideOnTheirCommit()
    {
        int commits = 0;
        using Backend backend = Open(Reclaim, commitObserver: _ => Interlocked.Increment(ref commits));
        await FillAndDeleteAsync(backend);
        backend.Commit();
        int before = commits;
        const int Intervals = 50;
        ulong index = backend.ConsistentIndex;
        for (int interval = 0; interval < Intervals; interval++)
        {
            // A step becomes due between the write and the commit that takes it to the file.
            _time.Advance(Interval / 2);
            Touch(backend, (long)++index);
            _time.Advance(Interval / 2);
            Touch(backend, (long)++index);
            _time.Advance(Interval / 2);
            backend.Commit();
        }

        Assert.Equal(Intervals, commits - before);
        Assert.True(backend.Reclaimed.MovedBytes > 0);
    }

    [Fact]
    public async Task Steps_ACopyIsBeingSent_LeaveItWholeAndGoOnAfterIt()
    {
        using Backend backend = Open(Reclaim);
        Fill(backend);
        BackendSnapshot copy = backend.TakeSnapshot();
        uint hash = copy.Hash();
        await DeleteAsync(backend);
        long size = backend.SizeBytes;

        for (int i = 0; i < 100; i++)
        {
            Step(backend);
        }

        Assert.True(backend.FileBytes >= copy.SizeBytes, "the file was cut under a copy");
        using (var sent = new MemoryStream())
        {
            copy.CopyTo(sent);
            Assert.Equal(copy.SizeBytes, sent.Length);
        }

        Assert.Equal(hash, copy.Hash());
        copy.Dispose();
        StepUntilInactive(backend);
        Assert.InRange(backend.SizeBytes, 1, size / 3);
    }

    // Without a rest, a copy sent for an hour would mean a commit every tenth of a second for an hour.
    [Fact]
    public async Task Steps_NothingCanBeGivenUp_BecomeRare()
    {
        using Backend backend = Open(Reclaim);
        Fill(backend);
        using BackendSnapshot copy = backend.TakeSnapshot();
        await DeleteAsync(backend);
        for (int i = 0; i < 300; i++)
        {
            Step(backend);
        }

        int disk = _disk.Steps;
        for (int i = 0; i < 600; i++)
        {
            Step(backend);
        }

        Assert.True(backend.Reclaimed.IsActive);
        Assert.InRange(_disk.Steps - disk, 0, 100);
    }

    [Fact]
    public async Task Defragment_InTheMiddle_GoesTogether()
    {
        using Backend backend = Open(Reclaim);
        await FillAndDeleteAsync(backend);
        IReadOnlyList<string> before = Scan(backend, BackendBucket.Key);
        Step(backend);
        Step(backend);

        backend.Defragment();

        StepUntilInactive(backend);
        Assert.Equal(before, Scan(backend, BackendBucket.Key));
        Assert.True(backend.SizeBytes <= backend.InUseBytes * 5 / 4);
    }

    [Fact]
    public async Task Steps_PowerIsLost_OldOrNewStateIsFoundWhole()
    {
        uint hash;
        using (Backend backend = Open(Reclaim))
        {
            await FillAndDeleteAsync(backend);
            hash = backend.Hash();
            for (int i = 0; i < 12; i++)
            {
                Step(backend);
                using Backend crashed = BackendBench.Open(_disk.AfterPowerLoss((ulong)i, CrashRules.WholeSectors));
                Assert.Equal(hash, crashed.Hash());
                Assert.Equal((ulong)Records, crashed.ConsistentIndex);
            }
        }

        using Backend reopened = BackendBench.Open(_disk.AfterProcessKill());
        Assert.Equal(hash, reopened.Hash());
    }

    private static Task FillAndDeleteAsync(Backend backend)
    {
        Fill(backend);
        return DeleteAsync(backend);
    }

    private static void Fill(Backend backend)
    {
        for (long main = 2; main <= Records; main++)
        {
            backend.Put(BackendBucket.Key, KeyOf(main), new byte[120]);
            backend.EndEntry((ulong)main, 1);
        }

        backend.Commit();
    }

    /// <summary>Deletes four of five records, as a compaction does.</summary>
    private static Task DeleteAsync(Backend backend)
    {
        List<ReadOnlyMemory<byte>> doomed = [];
        for (long main = 2; main <= Records; main++)
        {
            if (main % 5 != 0)
            {
                doomed.Add(KeyOf(main));
            }
        }

        return backend.CleanUpAsync(new CleanUp(doomed, null, null), backend.FileNumber);
    }

    private static void Touch(Backend backend, long index)
    {
        backend.Put(BackendBucket.Lease, Bytes("lease"), Bytes($"{index}"));
        backend.EndEntry((ulong)index, 1);
    }

    private int StepUntilInactive(Backend backend)
    {
        int steps = 0;
        do
        {
            Assert.True(++steps < 5000, "it does not end");
            Step(backend);
        }
        while (backend.Reclaimed.IsActive);
        return steps;
    }

    /// <summary>Lets an interval pass, and the commit that it may bring.</summary>
    private void Step(Backend backend)
    {
        _time.Advance(Interval);
        backend.Commit();
    }

    private Backend Open(ReclaimOptions reclaim, bool onOwnThread = true, Action<TimeSpan>? commitObserver = null) => Backend.Open(_disk, DatabasePath, new BackendOptions
    {
        Time = _time,
        CommitsOnOwnThread = onOwnThread,
        BatchInterval = Interval,
        InitialMapBytes = 8 << 20,
        Reclaim = reclaim,
        CommitObserver = commitObserver,
    });
}
