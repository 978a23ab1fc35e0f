using System.Numerics;

namespace Etcd.LoadGenerator.Measure;

/// <summary>Latencies in buckets whose width grows with the value: 64 to each power of two, so a value is off by at most 1.6 %.
/// Recording is one addition; memory is constant.</summary>
internal sealed class LatencyHistogram
{
    private const int SubBucketBits = 6;
    private const int SubBuckets = 1 << SubBucketBits;

    private readonly long[] _counts = new long[(64 - SubBucketBits) * SubBuckets];
    private long _max;

    public long Count { get; private set; }

    /// <param name="nanoseconds">At least 0.</param>
    public void Record(long nanoseconds)
    {
        _counts[BucketOf(nanoseconds)]++;
        Count++;
        _max = Math.Max(_max, nanoseconds);
    }

    /// <summary>The value that the given share of all values does not exceed.</summary>
    /// <param name="share">0 to 1; 1 is the largest value.</param>
    public TimeSpan Percentile(double share)
    {
        long wanted = (long)Math.Ceiling(Count * share);
        long seen = 0;
        for (int bucket = 0; bucket < _counts.Length; bucket++)
        {
            seen += _counts[bucket];
            if (seen >= wanted && seen > 0)
            {
                return FromNanoseconds(Math.Min(UpperBoundOf(bucket), _max));
            }
        }

        return TimeSpan.Zero;
    }

    public void Add(LatencyHistogram other)
    {
        for (int bucket = 0; bucket < _counts.Length; bucket++)
        {
            _counts[bucket] += other._counts[bucket];
        }

        Count += other.Count;
        _max = Math.Max(_max, other._max);
    }

    private static TimeSpan FromNanoseconds(long nanoseconds) => TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);

    // Values below 64 have a bucket each; above, the highest bit picks the group and the next six bits the bucket in it.
    private static int BucketOf(long value)
    {
        if (value < SubBuckets)
        {
            return (int)Math.Max(value, 0);
        }

        int shift = BitOperations.Log2((ulong)value) - SubBucketBits;
        return ((shift + 1) << SubBucketBits) + (int)((value >> shift) - SubBuckets);
    }

    private static long UpperBoundOf(int bucket)
    {
        int group = bucket >> SubBucketBits;
        int inside = bucket & (SubBuckets - 1);
        return group == 0 ? inside : ((long)(SubBuckets + inside + 1) << (group - 1)) - 1;
    }
}
