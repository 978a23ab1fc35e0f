using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Etcd.Testing.Processes;

namespace Etcd.LoadGenerator.Comparing;

/// <summary>The result of a comparison as a page of <c>docs/performance.md</c> shows it.</summary>
internal sealed class MarkdownReport(ComparisonOptions options)
{
    private readonly StringBuilder _text = new();

    private string Subject => NameOf(options.Subject);

    private string Reference => NameOf(options.Reference);

    /// <summary>The report about two clusters.</summary>
    /// <param name="cases">The loads.</param>
    /// <param name="failovers">Times from the end of a leader to the first successful write, of each cluster.</param>
    public string WriteClusters(IReadOnlyList<CaseResult> cases, (IReadOnlyList<TimeSpan> Subject, IReadOnlyList<TimeSpan> Reference)? failovers)
    {
        Line($"{DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm} UTC; {Environment.ProcessorCount} cores ({Processor()}), {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}.");
        Line($"Two clusters of three members on loopback, all on the same disk with durable writes and the same flags, took turns under load: {options.Rounds} rounds of {options.RunDuration.TotalSeconds:F0} s a case, medians. CPU is that of the three members together. Puts go to the leader, reads to a follower. The load generator shares the cores.");
        Line($"");
        if (cases.Count > 0)
        {
            WriteCases(cases);
        }

        if (failovers is { } times)
        {
            Line($"From `kill -9` of the leader to the first successful write, median of {times.Subject.Count}: {Subject} {Seconds(times.Subject)} s, {Reference} {Seconds(times.Reference)} s.");
        }

        return _text.ToString();
    }

    public string Write(
        IReadOnlyList<CaseResult> cases,
        (MemoryResult Subject, MemoryResult Reference)? memory,
        (TimeSpan Subject, TimeSpan Reference)? clientStart)
    {
        WriteHead();
        if (cases.Count > 0)
        {
            WriteCases(cases);
        }

        if (memory is { } full)
        {
            WriteMemory(full.Subject, full.Reference);
        }

        if (clientStart is { } start)
        {
            Line($"`etcdctl get` of one key, process start to exit: {Subject} {start.Subject.TotalMilliseconds:F0} ms, {Reference} {start.Reference.TotalMilliseconds:F0} ms.");
        }

        return _text.ToString();
    }

    /// <summary>The report about a large store.</summary>
    public string WriteLargeStore(long databaseBytes, int rounds, IReadOnlyList<LargeStoreFigure> figures)
    {
        Line($"{DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm} UTC; {Environment.ProcessorCount} cores ({Processor()}), {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}.");
        Line($"A database of {Mebibytes(databaseBytes)} MiB that real etcd has filled: {LargeStoreSource.Keys} keys, {LargeStoreSource.Overwritten} of them written twice. Copies of it, in the page cache, in turns; medians of {rounds}, compaction and the defragmentation of the running server once.");
        Line($"");
        Line($"| | {Subject} s | {Reference} s | ratio | {Subject} resident MiB | {Reference} resident MiB | ratio | {Subject} without files MiB | {Reference} without files MiB |");
        Line($"|---|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (LargeStoreFigure figure in figures)
        {
            (WorkCost ours, WorkCost theirs) = (figure.Subject, figure.Reference);
            Line($"| {figure.Work} | {ours.Time.TotalSeconds:F2} | {theirs.Time.TotalSeconds:F2} | **{Ratio(ours.Time.Ticks, theirs.Time.Ticks)}** | {Mebibytes(ours.ResidentBytes)} | {Mebibytes(theirs.ResidentBytes)} | **{Ratio(ours.ResidentBytes, theirs.ResidentBytes)}** | {Mebibytes(ours.AnonymousBytes)} | {Mebibytes(theirs.AnonymousBytes)} |");
        }

        return _text.ToString();
    }

    private static string NameOf(ServerKind kind) => kind switch
    {
        ServerKind.Ours => "ours",
        ServerKind.Real34 => "etcd 3.4",
        _ => "etcd 3.5",
    };

    private static string Processor() =>
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
        ?? RuntimeInformation.ProcessArchitecture.ToString();

    private static string Ratio(double subject, double reference) => (subject / reference).ToString("F2", CultureInfo.InvariantCulture);

    private static string Mebibytes(long bytes) => (bytes / 1024.0 / 1024.0).ToString("F0", CultureInfo.InvariantCulture);

    private static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("F2", CultureInfo.InvariantCulture);

    private static string Seconds(IReadOnlyList<TimeSpan> times) =>
        CaseMedians.Middle(times.Select(time => time.TotalSeconds)).ToString("F2", CultureInfo.InvariantCulture);

    private void WriteHead()
    {
        Line($"{DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm} UTC; {Environment.ProcessorCount} cores ({Processor()}), {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}.");
        Line($"Both servers ran at the same time on the same disk with durable writes and the same flags, and took turns under load: {options.Rounds} rounds of {options.RunDuration.TotalSeconds:F0} s a case, medians. {options.PreloadedKeys} keys, 16-byte keys, 256-byte values. The load generator shares the cores.");
        Line($"");
    }

    private void WriteCases(IReadOnlyList<CaseResult> cases)
    {
        Line($"| case | clients | {Subject} /s | {Reference} /s | ratio | {Subject} CPU us | {Reference} CPU us | ratio | {Subject} p50 ms | {Reference} p50 ms | {Subject} p99 ms | {Reference} p99 ms | ratio |");
        Line($"|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        foreach (CaseResult result in cases)
        {
            (CaseMedians ours, CaseMedians theirs) = (result.Subject, result.Reference);
            Line($"| {result.Name} | {result.Clients} | {ours.OperationsPerSecond:F0} | {theirs.OperationsPerSecond:F0} | **{Ratio(ours.OperationsPerSecond, theirs.OperationsPerSecond)}** | {ours.CpuMicroseconds:F1} | {theirs.CpuMicroseconds:F1} | **{Ratio(ours.CpuMicroseconds, theirs.CpuMicroseconds)}** | {Milliseconds(ours.Median)} | {Milliseconds(theirs.Median)} | {Milliseconds(ours.P99)} | {Milliseconds(theirs.P99)} | **{Ratio(ours.P99.Ticks, theirs.P99.Ticks)}** |");
        }

        foreach (CaseResult result in cases.Where(result => result.Subject.Failed + result.Reference.Failed > 0))
        {
            Line($"");
            Line($"{result.Name}, {result.Clients} clients: failed requests {result.Subject.Failed} ({Subject}), {result.Reference.Failed} ({Reference}).");
        }

        Line($"");
    }

    private void WriteMemory(MemoryResult ours, MemoryResult theirs)
    {
        Line($"With {options.MemoryKeys} keys of 100-byte values:");
        Line($"");
        Line($"| | {Subject} | {Reference} | ratio |");
        Line($"|---|--:|--:|--:|");
        Line($"| time to write them, s | {ours.FillTime.TotalSeconds:F1} | {theirs.FillTime.TotalSeconds:F1} | {Ratio(ours.FillTime.Ticks, theirs.FillTime.Ticks)} |");
        Line($"| resident after writing, MiB | {Mebibytes(ours.AfterFill)} | {Mebibytes(theirs.AfterFill)} | {Ratio(ours.AfterFill, theirs.AfterFill)} |");
        Line($"| restart to ready, s | {ours.ReadyAfter.TotalSeconds:F2} | {theirs.ReadyAfter.TotalSeconds:F2} | {Ratio(ours.ReadyAfter.Ticks, theirs.ReadyAfter.Ticks)} |");
        Line($"| resident when ready, MiB | {Mebibytes(ours.AfterRestart)} | {Mebibytes(theirs.AfterRestart)} | {Ratio(ours.AfterRestart, theirs.AfterRestart)} |");
        Line($"| resident after reads, MiB | {Mebibytes(ours.AfterReads)} | {Mebibytes(theirs.AfterReads)} | {Ratio(ours.AfterReads, theirs.AfterReads)} |");
        Line($"| peak since restart, MiB | {Mebibytes(ours.RestartedPeak)} | {Mebibytes(theirs.RestartedPeak)} | {Ratio(ours.RestartedPeak, theirs.RestartedPeak)} |");
        Line($"");
    }

    private void Line(FormattableString text) => _text.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
