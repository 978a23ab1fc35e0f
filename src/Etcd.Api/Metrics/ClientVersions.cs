using System.Buffers;
using System.Collections.Concurrent;

using Etcd.Mvcc;

namespace Etcd.Api.Metrics;

/// <summary>Counts calls by the version that the client says it has. Any thread.</summary>
/// <remarks>The version is the client's own text. What does not look like one, and what comes after the first <see cref="VersionsMax"/>, is counted
/// together: a client must not be able to grow the server's memory and everybody's monitoring by inventing versions (compare
/// CVE-2023-47108).</remarks>
public sealed class ClientVersions
{
    /// <summary>Versions that are told apart.</summary>
    public const int VersionsMax = 32;

    private const string Unknown = "unknown";
    private const string Others = "other";
    private const int VersionCharsMax = 16;

    private static readonly SearchValues<char> VersionChars = SearchValues.Create("0123456789.");

    private readonly ConcurrentDictionary<string, Counts> _versions = new(StringComparer.Ordinal);
    private readonly Counts _unknown = new();
    private volatile Known? _last;

    /// <summary>Counts a call.</summary>
    /// <param name="version">What the client says; <see langword="null"/> when it says nothing.</param>
    /// <param name="isStream">Whether the call is a stream.</param>
    public void Count(string? version, bool isStream)
    {
        Counts counts = version is null ? _unknown : Of(version);
        (isStream ? counts.Streams : counts.Unary).Add(1);
    }

    /// <summary>Adds the metric.</summary>
    public void AddTo(MetricsRegistry metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        metrics.Add(
            "etcd_server_client_requests_total", "The total number of client requests per client version.", MetricKind.Counter, writer =>
        {
            Write(writer, Unknown, _unknown);
            foreach ((string version, Counts counts) in _versions)
            {
                Write(writer, version, counts);
            }
        });
    }

    private static void Write(MetricsTextWriter writer, string version, Counts counts)
    {
        WriteOne(writer, version, "stream", counts.Streams.Value);
        WriteOne(writer, version, "unary", counts.Unary.Value);
    }

    private static void WriteOne(MetricsTextWriter writer, string version, string type, long count)
    {
        if (count > 0)
        {
            writer.Sample(count, ("client_api_version", version), ("type", type));
        }
    }

    private static bool LooksLikeVersion(string text) =>
        text.Length is > 0 and <= VersionCharsMax && !text.AsSpan().ContainsAnyExcept(VersionChars);

    // Nearly always the version of the call before.
    private Counts Of(string version)
    {
        if (_last is { } last && last.Version == version)
        {
            return last.Counts;
        }

        Counts counts = _versions.TryGetValue(version, out Counts? known) ? known : FirstOf(version);
        _last = new Known(version, counts);
        return counts;
    }

    private Counts FirstOf(string version) =>
        !LooksLikeVersion(version) ? _unknown
        : _versions.Count < VersionsMax ? _versions.GetOrAdd(version, static _ => new Counts())
        : _versions.GetOrAdd(Others, static _ => new Counts());

    private sealed class Counts
    {
        public PerCoreCounter Unary { get; } = new();

        public PerCoreCounter Streams { get; } = new();
    }

    private sealed record Known(string Version, Counts Counts);
}
