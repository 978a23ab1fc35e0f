namespace Etcd.Peer;

/// <summary>How often a probe of a member took how long, in etcd's buckets: up to 0.1 ms, 0.2 ms, 0.4 ms and so on to 3276.8 ms, and longer. Any thread.</summary>
public sealed class RoundTripTimes
{
    /// <summary>Buckets with an upper bound; one more takes what is above all bounds.</summary>
    public const int BoundedBuckets = 16;

    private const long FirstBoundTicks = TimeSpan.TicksPerMillisecond / 10;

    private readonly long[] _counts = new long[BoundedBuckets + 1];
    private long _sumTicks;

    /// <summary>Sum of all times.</summary>
    public TimeSpan Sum => new(Interlocked.Read(ref _sumTicks));

    /// <summary>Longest time that a bucket takes, itself included.</summary>
    /// <param name="bucket">0 to <see cref="BoundedBuckets"/> - 1.</param>
    public static TimeSpan UpperBound(int bucket)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bucket);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(bucket, BoundedBuckets);
        return new TimeSpan(FirstBoundTicks << bucket);
    }

    /// <summary>Times in one bucket, without those of the buckets below it.</summary>
    /// <param name="bucket">0 to <see cref="BoundedBuckets"/>; the last takes what is above all bounds.</param>
    public long CountIn(int bucket) => Interlocked.Read(ref _counts[bucket]);

    internal void Record(TimeSpan took)
    {
        int bucket = 0;
        while (bucket < BoundedBuckets && took.Ticks > FirstBoundTicks << bucket)
        {
            bucket++;
        }

        Interlocked.Increment(ref _counts[bucket]);
        Interlocked.Add(ref _sumTicks, took.Ticks);
    }
}
