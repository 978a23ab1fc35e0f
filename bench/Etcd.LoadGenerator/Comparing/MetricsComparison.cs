using System.Diagnostics;
using System.Globalization;
using System.Net;
using Etcd.LoadGenerator.Load;
using Etcd.LoadGenerator.Measure;
using Etcd.Testing.Processes;

namespace Etcd.LoadGenerator.Comparing;

/// <summary>The time from <c>GET /metrics</c> to its last byte on an open connection, with <c>--metrics=extensive</c> and a full store.</summary>
internal static class MetricsComparison
{
    private const int Readings = 200;
    private const int ValueBytes = 100;

    /// <returns>The report.</returns>
    public static async Task<string> RunAsync(string dataRoot, int keys)
    {
        await using Contestant ours = await Contestant.StartAsync(ServerKind.Ours, dataRoot, "--metrics=extensive");
        await using Contestant theirs = await Contestant.StartAsync(ServerKind.Real35, dataRoot, "--metrics=extensive");
        Contestant[] contestants = [ours, theirs];
        Page[] pages = [.. contestants.Select(contestant => new Page(contestant))];
        foreach (Contestant contestant in contestants)
        {
            contestant.Run(new LoadOptions
            {
                Server = new IPEndPoint(IPAddress.Loopback, 0),
                Scenario = Scenario.Put,
                Clients = 400,
                Connections = 8,
                Total = keys,
                Keys = keys,
                IsSequential = true,
                ValueBytes = ValueBytes,
            });
        }

        // In turns, so that whatever else the machine does falls on both. The first reading of each meets cold code.
        foreach (Page page in pages)
        {
            await page.ReadAsync();
        }

        for (int reading = 0; reading < Readings; reading++)
        {
            foreach (Page page in pages)
            {
                await page.ReadAndRecordAsync();
            }
        }

        var report = new List<string>
        {
            string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm} UTC, {Environment.ProcessorCount} cores; {keys} keys, `--metrics=extensive`, {Readings} readings of each server in turns."),
            "",
            "| | lines | kB | p50 ms | p99 ms | longest ms | CPU ms |",
            "|---|--:|--:|--:|--:|--:|--:|",
            pages[0].Row("ours"),
            pages[1].Row("etcd 3.5"),
        };
        foreach (Page page in pages)
        {
            page.Dispose();
        }

        return string.Join('\n', report) + "\n";
    }

    private sealed class Page(Contestant contestant) : IDisposable
    {
        private readonly HttpClient _client = new();
        private readonly LatencyHistogram _times = new();
        private double _cpuSeconds;
        private int _lines;
        private int _bytes;

        public async Task ReadAsync()
        {
            string page = await _client.GetStringAsync(new Uri($"http://{contestant.Server.Endpoint}/metrics"));
            _lines = page.Count(character => character == '\n');
            _bytes = page.Length;
        }

        public async Task ReadAndRecordAsync()
        {
            ProcessUsage before = contestant.Usage;
            long started = Stopwatch.GetTimestamp();
            await ReadAsync();
            _times.Record((long)Stopwatch.GetElapsedTime(started).TotalNanoseconds);
            _cpuSeconds += contestant.Usage.CpuSeconds - before.CpuSeconds;
        }

        public string Row(string name) => string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {_lines} | {_bytes / 1000} | {Milliseconds(0.5)} | {Milliseconds(0.99)} | {Milliseconds(1)} | {_cpuSeconds * 1000 / Readings:F1} |");

        public void Dispose() => _client.Dispose();

        private string Milliseconds(double share) => _times.Percentile(share).TotalMilliseconds.ToString("F1", CultureInfo.InvariantCulture);
    }
}
