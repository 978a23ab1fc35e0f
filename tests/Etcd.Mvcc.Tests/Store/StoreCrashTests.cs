using Etcd.Mvcc.Tests.Backends;
using Etcd.Testing.SimulatedDisk;

namespace Etcd.Mvcc.Tests.Store;

public sealed class StoreCrashTests
{
    private static readonly BackendOptions Options = new()
    {
        CommitsOnOwnThread = false,
        BatchLimit = 6,
        BatchInterval = TimeSpan.FromDays(1),
        InitialMapBytes = 1 << 20,
        Reclaim = new ReclaimOptions { BytesPerSecond = long.MaxValue / 4, StepBytesMax = 16 << 10, FreeBytesMin = 8 << 10 },
    };

    [Fact]
    public void Store_PowerLostAtAnyStep_HasExactlyTheStateOfItsConsistentIndex()
    {
        // Incident #13766: the index was committed apart from its data, and members came to differ after a crash.
        var undisturbed = new Progress();
        Work(BackendBench.NewDisk(), undisturbed);

        int steps = CrashSweep.Run(
            BackendBench.NewDisk,
            () => new Progress(),
            (disk, progress) => BackendBench.Unwrapped(() => Work(disk, progress)),
            (disk, progress, point) => Check(disk, progress.Durable, undisturbed, point),
            draws: 2,
            CrashRules.WholeSectors);

        Assert.True(steps > 20);
    }

    // Puts, a compaction's deletions, what reclaiming moves: each commit may be the one that the disk has no room for.
    [Fact]
    public void Store_DiskIsFullAtAnyWrite_HasExactlyTheStateOfItsConsistentIndexAndGoesOn()
    {
        var undisturbed = new Progress();
        Work(BackendBench.NewDisk(), undisturbed);

        int writes = FullDiskSweep.Run(
            BackendBench.NewDisk,
            () => new Progress(),
            Work,
            (disk, progress, point) =>
            {
                Assert.True(point.WasRefused || point.First is null or { Kind: DiskOperationKind.SetLength }, $"nobody was told of {point}");
                Check(disk, progress.Durable, undisturbed, point);
                using var bench = new StoreBench(disk, Options);
                bench.Put("a", "after");
                bench.Compact(bench.Store.CurrentRevision);
                Assert.Contains(bench.Dump(), line => line.StartsWith("a=after", StringComparison.Ordinal));
            });

        Assert.True(writes > 20, $"only {writes} writes");
    }

    private static void Work(SimulatedFileSystem disk, Progress progress)
    {
        using var bench = new StoreBench(disk, Options);
        progress.Note(bench);
        for (int round = 0; round < 8; round++)
        {
            bench.Put("a", $"{round}");
            progress.Note(bench);
            bench.Put($"k{round % 3}", new string((char)('a' + round), 700 * round));
            progress.Note(bench);
            bench.Delete("k0", round % 2 == 0 ? "k2" : "");
            progress.Note(bench);
            if (round % 3 == 2)
            {
                bench.InEntry(() => bench.Store.Compact(bench.Store.CurrentRevision - 2));
                progress.Note(bench);
                bench.Store.RunCompactions();
            }

            if (round % 4 == 3)
            {
                bench.Backend.Commit();
                progress.Durable = bench.Backend.ConsistentIndex;
            }
        }
    }

    private static void Check(SimulatedFileSystem disk, ulong durable, Progress undisturbed, object point)
    {
        using var bench = new StoreBench(disk, Options);
        ulong index = bench.Backend.ConsistentIndex;

        Assert.True(index >= durable, $"{point}: index {index} is before {durable}, which was durable");
        if (index == 0)
        {
            Assert.Empty(bench.Dump());
            return;
        }

        (long revision, IReadOnlyList<string> dump) = undisturbed.States[index];
        Assert.Equal(revision, bench.Store.CurrentRevision);
        Assert.Equal(dump, bench.Dump());
        bench.Store.RunCompactions();
        Assert.Equal(dump, bench.Dump());
    }

    /// <summary>What the store was like after each entry.</summary>
    private sealed class Progress
    {
        public Dictionary<ulong, (long Revision, IReadOnlyList<string> Dump)> States { get; } = [];

        public ulong Durable { get; set; }

        public void Note(StoreBench bench) =>
            States[bench.Backend.ConsistentIndex] = (bench.Store.CurrentRevision, bench.Dump());
    }
}
