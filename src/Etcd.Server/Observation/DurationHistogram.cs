namespace Etcd.Server.Observation;

/// <summary>How often something took how long, in etcd's buckets for disk operations: up to 1 ms, 2 ms, 4 ms and so on to 8192 ms, and longer.</summary>
/// <remarks>Any thread. A reader may see a duration in its bucket a moment before it sees it in the sum.</remarks>
public sealed class DurationHistogram
{
    /// <summary>Buckets with an upper bound; one more takes what is above all bounds.</summary>
    public const int BoundedBuckets = 14;

    private readonly long[] _counts = new long[BoundedBuckets + 1];
    private long _sumTicks;

    /// <summary>Sum of all durations.</summary>
    public TimeSpan Sum => new(Interlocked.Read(ref _sumTicks));

    /// <summary>Longest duration that a bucket takes, itself included.</summary>
    /// <param name="bucket">0 to <see cref="BoundedBuckets"/> - 1.</param>
    public static TimeSpan UpperBound(int bucket)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bucket);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(bucket, BoundedBuckets);
        return new TimeSpan(TimeSpan.TicksPerMillisecond << bucket);
    }

    /// <summary>Records one duration.</summary>
    public void Record(TimeSpan took)
    {
        int bucket = 0;
        while (bucket < BoundedBuckets && took.Ticks > TimeSpan.TicksPerMillisecond << bucket)
        {
            bucket++;
        }

        Interlocked.Increment(ref _counts[bucket]);
        Interlocked.Add(ref _sumTicks, took.Ticks);
    }

    /// <summary>Durations in one bucket, without those of the buckets below it.</summary>
    /// <param name="bucket">0 to <see cref="BoundedBuckets"/>; the last takes what is above all bounds.</param>
    public long CountIn(int bucket) => Interlocked.Read(ref _counts[bucket]);
}
