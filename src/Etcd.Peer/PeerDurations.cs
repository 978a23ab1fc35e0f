namespace Etcd.Peer;

/// <summary>How often something between two members took how long, in buckets whose bounds double. Any thread.</summary>
public sealed class PeerDurations
{
    private readonly long _firstBoundTicks;
    private readonly long[] _counts;
    private long _sumTicks;

    internal PeerDurations(TimeSpan firstBound, int bounds)
    {
        _firstBoundTicks = firstBound.Ticks;
        _counts = new long[bounds + 1];
    }

    /// <summary>Buckets with an upper bound; one more takes what is above all bounds.</summary>
    public int BoundedBuckets => _counts.Length - 1;

    /// <summary>Sum of all times.</summary>
    public TimeSpan Sum => new(Interlocked.Read(ref _sumTicks));

    /// <summary>Longest time that a bucket takes, itself included.</summary>
    /// <param name="bucket">0 to <see cref="BoundedBuckets"/> - 1.</param>
    public TimeSpan UpperBound(int bucket)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bucket);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(bucket, BoundedBuckets);
        return new TimeSpan(_firstBoundTicks << bucket);
    }

    /// <summary>Times in one bucket, without those of the buckets below it.</summary>
    /// <param name="bucket">0 to <see cref="BoundedBuckets"/>; the last takes what is above all bounds.</param>
    public long CountIn(int bucket) => Interlocked.Read(ref _counts[bucket]);

    internal void Record(TimeSpan took)
    {
        int bucket = 0;
        while (bucket < BoundedBuckets && took.Ticks > _firstBoundTicks << bucket)
        {
            bucket++;
        }

        Interlocked.Increment(ref _counts[bucket]);
        Interlocked.Add(ref _sumTicks, took.Ticks);
    }
}
