using System.Globalization;
using System.Net;

namespace Etcd.LoadGenerator.Measure;

/// <summary>What a server's <c>/metrics</c> says of itself at one moment. What a server does not tell, as real etcd does not tell of .NET,
/// stays 0.</summary>
/// <param name="AllocatedBytes">Bytes allocated on the managed heap so far.</param>
/// <param name="Collections">Garbage collections so far.</param>
/// <param name="PauseSeconds">Time for which they stopped the process.</param>
/// <param name="LogSyncs">Syncs of the write-ahead log so far.</param>
internal readonly record struct MetricsReading(double AllocatedBytes, double Collections, double PauseSeconds, double LogSyncs)
{
    public static MetricsReading Of(IPEndPoint server)
    {
        string[] lines = Read(server);
        return new MetricsReading(
            Sum(lines, "dotnet_gc_heap_total_allocated_bytes_total"),
            Sum(lines, "dotnet_gc_collections_total"),
            Sum(lines, "dotnet_gc_pause_time_seconds_total"),
            Sum(lines, "etcd_disk_wal_fsync_duration_seconds_count"));
    }

    /// <summary>Whether a member leads its cluster.</summary>
    public static bool IsLeader(IPEndPoint server) => Sum(Read(server), "etcd_server_is_leader") > 0;

    /// <summary>Sum of the series of one metric.</summary>
    public static double ValueOf(IPEndPoint server, string name) => Sum(Read(server), name);

    private static string[] Read(IPEndPoint server)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{server}/metrics");
        using HttpResponseMessage response = client.Send(request);
        using var reader = new StreamReader(response.EnsureSuccessStatusCode().Content.ReadAsStream());
        return reader.ReadToEnd().Split('\n');
    }

    public static MetricsReading operator -(MetricsReading later, MetricsReading earlier) => new(
        later.AllocatedBytes - earlier.AllocatedBytes,
        later.Collections - earlier.Collections,
        later.PauseSeconds - earlier.PauseSeconds,
        later.LogSyncs - earlier.LogSyncs);

    private static double Sum(string[] lines, string name) => lines
        .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line[name.Length] is ' ' or '{')
        .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
}
