using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using System.Text;

namespace Etcd.Hosting.Profiling;

/// <summary>What the runtime and the system know about this process, as text for people.</summary>
internal static class RuntimeReport
{
    /// <summary>The managed heap as the last collection left it.</summary>
    internal static string Heap()
    {
        GCMemoryInfo last = GC.GetGCMemoryInfo(GCKind.Any);
        var text = new StringBuilder();
        Line(text, $"heap in use now: {GC.GetTotalMemory(forceFullCollection: false)} bytes");
        Line(text, $"allocated since the start: {GC.GetTotalAllocatedBytes()} bytes");
        Line(text, $"collections of generations 0, 1, 2: {GC.CollectionCount(0)}, {GC.CollectionCount(1)}, {GC.CollectionCount(2)}");
        Line(text, $"paused since the start: {GC.GetTotalPauseDuration().TotalMilliseconds:0.###} ms");
        Line(text, $"mode: {(GCSettings.IsServerGC ? "server" : "workstation")}, latency {GCSettings.LatencyMode}");
        text.Append('\n');
        Line(text, $"last collection: number {last.Index}, generation {last.Generation}, compacted {last.Compacted}, concurrent {last.Concurrent}");
        Line(text, $"heap after it: {last.HeapSizeBytes} bytes, of which {last.FragmentedBytes} are free between objects");
        Line(text, $"committed: {last.TotalCommittedBytes} bytes; load of the machine: {last.MemoryLoadBytes} of {last.TotalAvailableMemoryBytes} bytes");
        Line(text, $"pinned objects: {last.PinnedObjectsCount}; waiting for finalizers: {last.FinalizationPendingCount}");
        string[] names = ["generation 0", "generation 1", "generation 2", "large objects", "pinned objects"];
        for (int at = 0; at < last.GenerationInfo.Length && at < names.Length; at++)
        {
            GCGenerationInfo part = last.GenerationInfo[at];
            Line(text, $"{names[at]}: {part.SizeAfterBytes} bytes, {part.FragmentationAfterBytes} of them free");
        }

        return text.ToString();
    }

    /// <summary>The threads, the busiest first. The runtime cannot show the stacks of other threads; a recording can.</summary>
    internal static string Threads()
    {
        using Process self = Process.GetCurrentProcess();
        var text = new StringBuilder();
        Line(text, $"threads: {self.Threads.Count}; of the pool: {ThreadPool.ThreadCount}; work that waits: {ThreadPool.PendingWorkItemCount}");
        Line(text, $"lock contentions since the start: {Monitor.LockContentionCount}");
        text.Append('\n');
        foreach ((string name, string state, TimeSpan used) in Tasks().OrderByDescending(task => task.Used))
        {
            Line(text, $"{used.TotalSeconds,9:0.00} s  {state}  {name}");
        }

        return text.ToString();
    }

    private static IEnumerable<(string Name, string State, TimeSpan Used)> Tasks()
    {
        const int StateField = 0;
        const int UserTicksField = 11;
        const int SystemTicksField = 12;
        const double TicksPerSecond = 100; // what Linux tells user programs, whatever its own clock
        foreach (string directory in Directory.EnumerateDirectories("/proc/self/task"))
        {
            string stat;
            try
            {
                stat = File.ReadAllText(Path.Combine(directory, "stat"));
            }
            catch (IOException)
            {
                // It has ended since the directory was read.
                continue;
            }

            // The name stands in brackets and may hold anything; fields are counted from behind it.
            int open = stat.IndexOf('(', StringComparison.Ordinal);
            int close = stat.LastIndexOf(')');
            string[] fields = stat[(close + 2)..].Split(' ');
            double ticks = double.Parse(fields[UserTicksField], CultureInfo.InvariantCulture)
                + double.Parse(fields[SystemTicksField], CultureInfo.InvariantCulture);
            yield return (stat[(open + 1)..close], fields[StateField], TimeSpan.FromSeconds(ticks / TicksPerSecond));
        }
    }

    private static void Line(StringBuilder text, FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
