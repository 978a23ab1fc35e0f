using System.Globalization;

namespace Etcd.LoadGenerator.Measure;

/// <summary>What one run of a load gave.</summary>
/// <param name="Operations">Requests answered, or events delivered to watchers.</param>
/// <param name="Failed">Requests that ended without an answer message.</param>
/// <param name="Server">Used by the server during the run, when its process id is known.</param>
/// <param name="GeneratorCpuSeconds">Used by this program during the run.</param>
internal sealed record LoadReport(
    string Scenario,
    int Clients,
    long Operations,
    long Failed,
    TimeSpan Elapsed,
    LatencyHistogram Latency,
    ServerUsage? Server,
    double GeneratorCpuSeconds)
{
    public double OperationsPerSecond => Operations / Elapsed.TotalSeconds;

    public double? ServerCpuMicrosecondsPerOperation => Server?.CpuSeconds * 1e6 / Operations;

    public override string ToString()
    {
        var lines = new List<string>
        {
            $"{Scenario}, {Clients} clients",
            Format($"  operations   {Operations} in {Elapsed.TotalSeconds:F2} s = {OperationsPerSecond:F0}/s, {Failed} failed"),
            Format($"  latency      p50 {Show(0.5)}, p90 {Show(0.9)}, p99 {Show(0.99)}, p99.9 {Show(0.999)}, max {Show(1)}"),
            Format($"  generator    {GeneratorCpuSeconds:F2} CPU s = {GeneratorCpuSeconds * 1e6 / Operations:F1} us per operation"),
        };
        if (Server is { } server)
        {
            lines.Add(Format($"  server       {server.CpuSeconds:F2} CPU s = {server.CpuSeconds * 10_000 / Operations:F3} s per 10,000 operations, {Each(server.ContextSwitches):F2} context switches each"));
            lines.Add(Format($"  server heap  {Each(server.Metrics.AllocatedBytes):F0} bytes allocated each, {server.Metrics.Collections:F0} collections stopped it for {server.Metrics.PauseSeconds * 1000:F0} ms, {Each(server.Metrics.LogSyncs):F3} log syncs each"));
            lines.Add(Format($"  server mem   {Mebibytes(server.ResidentBytes):F1} MiB, grown by {Mebibytes(server.ResidentBytesGrown) * 10_000 / Operations:F2} MiB per 10,000 operations, peak {Mebibytes(server.ResidentBytesPeak):F1} MiB"));
        }

        return string.Join(Environment.NewLine, lines);
    }

    private double Each(double total) => total / Operations;

    private static double Mebibytes(long bytes) => bytes / 1024.0 / 1024.0;

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private string Show(double share) => Format($"{Latency.Percentile(share).TotalMilliseconds:F2} ms");
}
