using Etcd.Disk;
using Etcd.Testing.SimulatedDisk;
using static Etcd.Mvcc.Tests.Backends.BackendBench;

namespace Etcd.Mvcc.Tests.Backends;

public sealed class DefragmentTests
{
    private readonly SimulatedFileSystem _disk = NewDisk();

    [Fact]
    public void Defragment_FileWithFreePages_BecomesSmallerAndKeepsEverything()
    {
        using Backend backend = Open(_disk);
        Fragment(backend);
        IReadOnlyList<string> before = Scan(backend, BackendBucket.Lease);
        long size = backend.SizeBytes;
        using BackendView old = backend.View();

        backend.Defragment();

        Assert.True(backend.SizeBytes < size);
        Assert.Equal(before, Scan(backend, BackendBucket.Lease));
        Assert.True(old.TryGet(BackendBucket.Lease, Bytes("lease-000"), out ReadOnlySpan<byte> value));
        Assert.Equal(before[0], $"lease-000={Text(value)}");
        PutRevisions(backend, 2, 9);
        backend.Commit();
        Assert.Equal(8, Scan(backend, BackendBucket.Key).Count);
    }

    // A copy that somebody takes his time with must not hold up who cannot wait.
    [Fact]
    public async Task TryTakeSnapshot_ADefragmentationWaitsForACopy_GivesUp()
    {
        using Backend backend = Open(_disk);
        BackendSnapshot copy = backend.TakeSnapshot();
        Task defragmentation = Task.Run(() => backend.Defragment(), TestContext.Current.CancellationToken);
        Assert.True(SpinWait.SpinUntil(() => !IsTaken(backend), TimeSpan.FromSeconds(10)));

        copy.Dispose();
        await defragmentation.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        Assert.True(IsTaken(backend));
    }

    private static bool IsTaken(Backend backend)
    {
        bool isTaken = backend.TryTakeSnapshot(out BackendSnapshot? snapshot);
        snapshot?.Dispose();
        return isTaken;
    }

    [Fact]
    public void Defragment_DiskFull_KeepsTheOldFileInUse()
    {
        using Backend backend = Open(_disk);
        Fragment(backend);
        _disk.CapacityBytes = _disk.UsedBytes + 4096;

        Assert.Throws<DiskFullException>(() => backend.Defragment());

        _disk.CapacityBytes = long.MaxValue;
        Assert.Equal(["db"], _disk.List("/data"));
        PutRevisions(backend, 2, 9);
        backend.Commit();
        using Backend reopened = Open(_disk.AfterProcessKill());
        Assert.Equal(Scan(backend, BackendBucket.Lease), Scan(reopened, BackendBucket.Lease));
    }

    // Found by the simulation (seed 126 of its day): commits went on into the old file, which had lost its name.
    [Fact]
    public void Defragment_DirectoryIsNotSynced_EndsTheBackendBeforeWritesAreLost()
    {
        using Backend backend = Open(_disk);
        Fragment(backend);
        // The first two belong to the making of the copy and to opening it: it still has another name then.
        _disk.FailNext(DiskOperationKind.SyncDirectory, skip: 2);

        Assert.Throws<BackendFailedException>(() => backend.Defragment());

        Assert.True(backend.Completion.IsFaulted);
        Assert.Throws<BackendFailedException>(() => PutRevisions(backend, 2, 9));
        using Backend reopened = Open(_disk.AfterPowerLoss(1));
        Assert.Equal(Scan(backend, BackendBucket.Lease), Scan(reopened, BackendBucket.Lease));
    }

    [Fact]
    public void Defragment_PowerLostAtAnyStep_LeavesDataAndIndexTogether()
    {
        // Incident #14685: a crash during defragmentation made etcd apply entries again, for data and index differed.
        int steps = CrashSweep.Run(
            () =>
            {
                SimulatedFileSystem disk = NewDisk();
                using Backend backend = Open(disk);
                Fragment(backend);
                return disk;
            },
            () => 0,
            (disk, _) =>
            {
                Unwrapped(() =>
                {
                    using Backend backend = Open(disk);
                    backend.Put(BackendBucket.Meta, Bytes("late"), Bytes("write"));
                    backend.EndEntry(500, 7);
                    backend.Defragment();
                });
            },
            (disk, _, point) =>
            {
                using Backend backend = Open(disk);
                bool hasLate = Get(backend, BackendBucket.Meta, "late") is not null;
                Assert.Equal(hasLate ? 500UL : 240UL, backend.ConsistentIndex);
                Assert.True(hasLate || point.InTheMiddle);
                Assert.Equal(40, Scan(backend, BackendBucket.Lease).Count);
                Assert.Equal(["db"], disk.List("/data"));
            },
            draws: 2);

        Assert.True(steps > 10);
    }

    private static void Fragment(Backend backend)
    {
        for (int i = 0; i < 200; i++)
        {
            backend.Put(BackendBucket.Lease, Bytes($"lease-{i:D3}"), new byte[1000 + i]);
            backend.EndEntry((ulong)i + 1, 1);
        }

        backend.Commit();
        for (int i = 40; i < 200; i++)
        {
            backend.Delete(BackendBucket.Lease, Bytes($"lease-{i:D3}"));
        }

        backend.EndEntry(240, 1);
        backend.Commit();
    }
}
