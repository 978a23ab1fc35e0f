namespace Etcd.Mvcc;

/// <summary>What a store was asked to do since the process started. Counting takes no lock and allocates nothing.</summary>
/// <remarks>The apply thread is the only one that writes, so its counts are plain additions. Ranges are read on any thread: each core counts on a
/// cache line of its own.</remarks>
public sealed class StoreFigures
{
    private readonly PerCoreCounter _ranges = new();
    private long _puts;
    private long _deletes;
    private long _txns;
    private long _putBytes;

    /// <summary>Puts, those of transactions included.</summary>
    public long Puts => Volatile.Read(ref _puts);

    /// <summary>Deletions asked for, those of transactions and of ended leases included; a range counts once.</summary>
    public long Deletes => Volatile.Read(ref _deletes);

    /// <summary>Transactions with more than one operation.</summary>
    public long Txns => Volatile.Read(ref _txns);

    /// <summary>Ranges read, those inside transactions included.</summary>
    public long Ranges => _ranges.Value;

    /// <summary>Bytes of keys and values put.</summary>
    public long PutBytes => Volatile.Read(ref _putBytes);

    internal void CountRanges(int ranges) => _ranges.Add(ranges);

    // Apply thread.
    internal void CountWrites(int puts, long putBytes, int deletes, int ranges)
    {
        Volatile.Write(ref _puts, _puts + puts);
        Volatile.Write(ref _putBytes, _putBytes + putBytes);
        Volatile.Write(ref _deletes, _deletes + deletes);
        if (puts + deletes + ranges > 1)
        {
            Volatile.Write(ref _txns, _txns + 1);
        }

        if (ranges > 0)
        {
            CountRanges(ranges);
        }
    }

    // A transaction that only reads. Any thread.
    internal void CountReads(int ranges)
    {
        CountRanges(ranges);
        if (ranges > 1)
        {
            Interlocked.Increment(ref _txns);
        }
    }
}
