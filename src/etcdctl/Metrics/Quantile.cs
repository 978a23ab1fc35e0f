namespace Etcdctl.Metrics;

/// <summary>Estimates a quantile from a histogram's buckets.</summary>
internal static class Quantile
{
    /// <summary>The value that a part of the observations between two pages lies below, interpolated within its bucket as Prometheus does.</summary>
    /// <param name="part">The part, 0 to 1.</param>
    /// <param name="now">Buckets of the later page.</param>
    /// <param name="before">Buckets of the earlier page; <see langword="null"/>: since the server's start.</param>
    /// <returns><see langword="null"/> when nothing was observed.</returns>
    public static double? Of(double part, SortedDictionary<double, double> now, SortedDictionary<double, double>? before)
    {
        if (now.Count == 0)
        {
            return null;
        }

        double total = Count(now.Keys.Last());
        if (total <= 0)
        {
            return null;
        }

        double lowerBound = 0;
        double lowerCount = 0;
        foreach (double bound in now.Keys)
        {
            double count = Count(bound);
            if (count >= part * total)
            {
                return double.IsInfinity(bound) || count == lowerCount
                    ? lowerBound
                    : lowerBound + ((bound - lowerBound) * ((part * total) - lowerCount) / (count - lowerCount));
            }

            (lowerBound, lowerCount) = (bound, count);
        }

        return lowerBound;

        double Count(double bound) => now[bound] - (before?.GetValueOrDefault(bound) ?? 0);
    }
}
