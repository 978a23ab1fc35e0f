namespace Etcd.Server.Observation;

/// <summary>How often something took how long, in buckets. Without further words the buckets are etcd's for disk operations: up to 1 ms, 2 ms,
/// 4 ms and so on to 8192 ms, and longer.</summary>
/// <remarks>Any thread; recording takes no lock and allocates nothing. A reader may see a duration in its bucket a moment before it sees it in the sum.</remarks>
public sealed class DurationHistogram
{
    private const int DiskBuckets = 14;

    private const int LongsPerCacheLine = 8;

    private readonly long[] _bounds; // ticks, ascending

    // For each core a row of its own: the count of each bucket, and the sum in seconds as the bits of a double, since the times to live of
    // leases are too long for a sum of ticks. The first row stays empty: the array's length stands beside it.
    private readonly long[] _rows;
    private readonly int _rowLength;

    /// <summary>Creates a histogram in the buckets of disk operations.</summary>
    public DurationHistogram()
        : this(TimeSpan.FromMilliseconds(1), DiskBuckets)
    {
    }

    /// <summary>Creates a histogram whose bounds double from one to the next.</summary>
    /// <param name="first">First bound.</param>
    /// <param name="bounds">Number of bounds; one more bucket takes what is above all of them.</param>
    public DurationHistogram(TimeSpan first, int bounds)
        : this([.. Enumerable.Range(0, bounds).Select(bucket => new TimeSpan(first.Ticks << bucket))])
    {
    }

    /// <summary>Creates a histogram with bounds of its own.</summary>
    /// <param name="bounds">The bounds, ascending.</param>
    public DurationHistogram(ReadOnlySpan<TimeSpan> bounds)
    {
        _bounds = new long[bounds.Length];
        for (int bucket = 0; bucket < bounds.Length; bucket++)
        {
            _bounds[bucket] = bounds[bucket].Ticks;
        }

        int used = bounds.Length + 2;
        _rowLength = (used + LongsPerCacheLine - 1) / LongsPerCacheLine * LongsPerCacheLine;
        _rows = new long[(Environment.ProcessorCount + 1) * _rowLength];
    }

    /// <summary>Buckets with an upper bound; one more takes what is above all bounds.</summary>
    public int BoundedBuckets => _bounds.Length;

    /// <summary>Sum of all durations in seconds.</summary>
    public double SumSeconds
    {
        get
        {
            double sum = 0;
            for (int row = _rowLength; row < _rows.Length; row += _rowLength)
            {
                sum += BitConverter.Int64BitsToDouble(Interlocked.Read(ref _rows[row + SumColumn]));
            }

            return sum;
        }
    }

    /// <summary>Durations recorded.</summary>
    public long Count
    {
        get
        {
            long count = 0;
            for (int bucket = 0; bucket <= _bounds.Length; bucket++)
            {
                count += CountIn(bucket);
            }

            return count;
        }
    }

    /// <summary>Longest duration that a bucket takes, itself included.</summary>
    /// <param name="bucket">0 to <see cref="BoundedBuckets"/> - 1.</param>
    public TimeSpan UpperBound(int bucket)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bucket);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(bucket, _bounds.Length);
        return new TimeSpan(_bounds[bucket]);
    }

    /// <summary>Records one duration.</summary>
    public void Record(TimeSpan took)
    {
        int bucket = 0;
        while (bucket < _bounds.Length && took.Ticks > _bounds[bucket])
        {
            bucket++;
        }

        // The thread may move to another core meanwhile: additions are interlocked all the same, and hardly ever contended.
        int row = ((Thread.GetCurrentProcessorId() % Environment.ProcessorCount) + 1) * _rowLength;
        Interlocked.Increment(ref _rows[row + bucket]);
        Add(ref _rows[row + SumColumn], took.TotalSeconds);
    }

    /// <summary>Durations in one bucket, without those of the buckets below it.</summary>
    /// <param name="bucket">0 to <see cref="BoundedBuckets"/>; the last takes what is above all bounds.</param>
    public long CountIn(int bucket)
    {
        long count = 0;
        for (int row = _rowLength; row < _rows.Length; row += _rowLength)
        {
            count += Interlocked.Read(ref _rows[row + bucket]);
        }

        return count;
    }

    private int SumColumn => _bounds.Length + 1;

    private static void Add(ref long sumBits, double seconds)
    {
        long seen = Volatile.Read(ref sumBits);
        while (true)
        {
            long sum = BitConverter.DoubleToInt64Bits(BitConverter.Int64BitsToDouble(seen) + seconds);
            long before = Interlocked.CompareExchange(ref sumBits, sum, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
