using System.Globalization;

namespace Etcdctl.Metrics;

/// <summary>A page of metrics in the text form of Prometheus.</summary>
/// <param name="text">The page.</param>
/// <param name="serverTime">The server's clock, in whole seconds; <see langword="null"/> when it did not tell.</param>
/// <param name="askedAt">This machine's clock before the page was asked for.</param>
/// <param name="answeredAt">This machine's clock afterwards.</param>
internal sealed class MetricsText(string text, DateTimeOffset? serverTime, DateTimeOffset askedAt, DateTimeOffset answeredAt)
{
    private const string BucketSuffix = "_bucket";

    /// <summary>How far the server's clock is ahead of this machine's at least; negative: behind. Zero while the two may be equal.</summary>
    public TimeSpan ClockAhead
    {
        get
        {
            // The server's second began at some time within it.
            DateTimeOffset earliest = serverTime ?? askedAt;
            DateTimeOffset latest = earliest + TimeSpan.FromSeconds(1);
            return serverTime is null ? TimeSpan.Zero
                : earliest > answeredAt ? earliest - answeredAt
                : latest < askedAt ? latest - askedAt
                : TimeSpan.Zero;
        }
    }

    /// <summary>Sum of a metric over its labels; <see langword="null"/> when there is none of that name.</summary>
    public double? Sum(string name)
    {
        double? sum = null;
        foreach ((_, double value) in Values(name))
        {
            sum = (sum ?? 0) + value;
        }

        return sum;
    }

    /// <summary>A histogram: upper bounds and the number of observations up to each, over all labels.</summary>
    public SortedDictionary<double, double> Buckets(string name)
    {
        SortedDictionary<double, double> buckets = [];
        foreach ((string labels, double value) in Values(name + BucketSuffix))
        {
            int start = labels.IndexOf("le=\"", StringComparison.Ordinal) + 4;
            string bound = labels[start..labels.IndexOf('"', start)];
            double limit = bound == "+Inf" ? double.PositiveInfinity : double.Parse(bound, CultureInfo.InvariantCulture);
            buckets[limit] = buckets.GetValueOrDefault(limit) + value;
        }

        return buckets;
    }

    private IEnumerable<(string Labels, double Value)> Values(string name)
    {
        foreach (string line in text.Split('\n'))
        {
            if (!line.StartsWith(name, StringComparison.Ordinal) || line.Length == name.Length || line[name.Length] is not (' ' or '{'))
            {
                continue;
            }

            int space = line.LastIndexOf(' ');
            if (double.TryParse(line.AsSpan(space + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
            {
                yield return (line[name.Length..space], value);
            }
        }
    }
}
