using System.Diagnostics;
using Etcd.LoadGenerator.Measure;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.LoadGenerator.Comparing;

/// <summary>What a database of 2 GiB with a million keys costs: two servers with their own tools, on copies of one directory, in turns.</summary>
internal sealed class LargeStoreComparison(string dataRoot, int rounds)
{
    private static readonly ServerKind[] Kinds = [ServerKind.Ours, ServerKind.Real35];

    private readonly LargeStoreSource _source = new(dataRoot);
    private readonly string _work = Path.Combine(dataRoot, $"large-{Guid.NewGuid():N}");
    private readonly List<LargeStoreFigure> _figures = [];

    /// <returns>The report as Markdown.</returns>
    public static async Task<string> RunAsync(string dataRoot, int rounds)
    {
        var comparison = new LargeStoreComparison(dataRoot, rounds);
        await comparison._source.PrepareAsync();
        try
        {
            foreach (ServerKind kind in Kinds)
            {
                comparison._source.CopyTo(comparison.DataOf(kind));
            }

            await comparison.MeasureStartsAsync();
            await comparison.MeasureServersAsync();
            await comparison.MeasureToolsAsync();
            return new MarkdownReport(new ComparisonOptions { DataRoot = dataRoot }).WriteLargeStore(
                comparison._source.DatabaseBytes, rounds, comparison._figures);
        }
        finally
        {
            Directory.Delete(comparison._work, recursive: true);
        }
    }

    private string DataOf(ServerKind kind) => Path.Combine(_work, kind.ToString());

    private string SnapshotOf(ServerKind kind) => Path.Combine(_work, $"{kind}.db");

    private static string CtlOf(ServerKind kind) => kind == ServerKind.Ours ? OurPrograms.Ctl : RealEtcd.Ctl("3.5");

    private static string UtlOf(ServerKind kind) => kind == ServerKind.Ours ? OurPrograms.Utl : RealEtcd.Utl;

    private Task MeasureStartsAsync() => MeasureAsync("start to ready", rounds, async kind =>
    {
        long begun = Stopwatch.GetTimestamp();
        await using EtcdServer server = await EtcdServer.StartAsync(LargeStoreSource.OptionsFor(kind, DataOf(kind)));
        WorkCost cost = CostOf(server, Stopwatch.GetElapsedTime(begun));
        await server.TerminateAsync(TimeSpan.FromMinutes(1));
        return cost;
    });

    private async Task MeasureServersAsync()
    {
        await using EtcdServer ours = await EtcdServer.StartAsync(LargeStoreSource.OptionsFor(ServerKind.Ours, DataOf(ServerKind.Ours)));
        await using EtcdServer real = await EtcdServer.StartAsync(LargeStoreSource.OptionsFor(ServerKind.Real35, DataOf(ServerKind.Real35)));
        EtcdServer Of(ServerKind kind) => kind == ServerKind.Ours ? ours : real;
        Task<WorkCost> CallAsync(ServerKind kind, params string[] command) => CostOfCallAsync(Of(kind), kind, command);

        await MeasureAsync("`snapshot save`, memory of the server", rounds, async kind =>
        {
            File.Delete(SnapshotOf(kind));
            return await CallAsync(kind, "snapshot", "save", SnapshotOf(kind));
        });
        await MeasureAsync("`compaction --physical` of the overwritten values", 1, kind =>
            CallAsync(kind, "compaction", (LargeStoreSource.Keys + LargeStoreSource.Overwritten + 1).ToString(System.Globalization.CultureInfo.InvariantCulture), "--physical"));
        await MeasureAsync("`defrag` of the running server", 1, kind => CallAsync(kind, "defrag"));
        await ours.TerminateAsync(TimeSpan.FromMinutes(1));
        await real.TerminateAsync(TimeSpan.FromMinutes(1));
    }

    private async Task MeasureToolsAsync()
    {
        await MeasureAsync("`etcdutl snapshot status`", rounds, kind => CostOfToolAsync(kind, "snapshot", "status", SnapshotOf(kind)));
        await MeasureAsync("`etcdutl snapshot restore`", rounds, async kind =>
        {
            string restored = DataOf(kind) + "-restored";
            WorkCost cost = await CostOfToolAsync(kind, "snapshot", "restore", SnapshotOf(kind), "--data-dir", restored);
            Directory.Delete(restored, recursive: true);
            return cost;
        });
        await MeasureAsync("`etcdutl defrag`", rounds, kind => CostOfToolAsync(kind, "defrag", "--data-dir", DataOf(kind)));
    }

    private static async Task<WorkCost> CostOfToolAsync(ServerKind kind, params string[] command)
    {
        (TimeSpan took, long resident, long anonymous) = await MeasuredTool.RunAsync(UtlOf(kind), command);
        return new WorkCost(took, resident, anonymous);
    }

    private static async Task<WorkCost> CostOfCallAsync(EtcdServer server, ServerKind kind, string[] command)
    {
        (TimeSpan took, _, _) = await MeasuredTool.RunAsync(
            CtlOf(kind), ["--endpoints", server.Endpoint, "--command-timeout", "5m", .. command]);
        return CostOf(server, took);
    }

    private static WorkCost CostOf(EtcdServer server, TimeSpan took) =>
        ProcessUsage.TryReadMemory(server.ProcessId, out long resident, out long anonymous)
            ? new WorkCost(took, resident, anonymous)
            : throw new InvalidOperationException("the server has ended");

    private async Task MeasureAsync(string work, int times, Func<ServerKind, Task<WorkCost>> measureAsync)
    {
        Dictionary<ServerKind, List<WorkCost>> costs = Kinds.ToDictionary(kind => kind, _ => new List<WorkCost>());
        for (int round = 0; round < times; round++)
        {
            // Neither is always the first, and what one has left to be written does not fall on the other.
            foreach (ServerKind kind in round % 2 == 0 ? Kinds : Kinds.Reverse())
            {
                await DiskSettling.AwaitAsync();
                costs[kind].Add(await measureAsync(kind));
                Console.WriteLine($"{work}, {kind}: {costs[kind][^1]}");
            }
        }

        _figures.Add(new LargeStoreFigure(work, WorkCost.MedianOf(costs[ServerKind.Ours]), WorkCost.MedianOf(costs[ServerKind.Real35])));
    }
}
