using Etcd.Mvcc;

namespace Etcd.Server.Observation;

/// <summary>How compactions of the key space went. Any thread.</summary>
public sealed class CompactionFigures : ICompactionObserver
{
    private const int IndexBuckets = 14;
    private const int FileBuckets = 13;
    private const int TotalBuckets = 14;

    private readonly TimeProvider _time;
    private long _keysDeleted;
    private long _lastUnixSeconds;

    internal CompactionFigures(TimeProvider time) => _time = time;

    /// <summary>Times for which writers of the key index had to wait.</summary>
    public DurationHistogram IndexPauses { get; } = new(TimeSpan.FromMilliseconds(0.5), IndexBuckets);

    /// <summary>Times of the slices of the file.</summary>
    public DurationHistogram FilePauses { get; } = new(TimeSpan.FromMilliseconds(1), FileBuckets);

    /// <summary>Times of whole compactions.</summary>
    public DurationHistogram Totals { get; } = new(TimeSpan.FromMilliseconds(100), TotalBuckets);

    /// <summary>Revisions taken out of the file.</summary>
    public long KeysDeleted => Interlocked.Read(ref _keysDeleted);

    /// <summary>Unix time of the last end of a compaction in seconds; 0 before the first.</summary>
    public long LastUnixSeconds => Interlocked.Read(ref _lastUnixSeconds);

    /// <summary>Log of it; set before the store is opened.</summary>
    internal CompactionLog? Log { get; set; }

    /// <inheritdoc/>
    public void IndexBegins(long revision) => Log?.Began(revision);

    /// <inheritdoc/>
    public void IndexSlice(TimeSpan took) => IndexPauses.Record(took);

    /// <inheritdoc/>
    public void FileSlice(TimeSpan took, int keysDeleted)
    {
        FilePauses.Record(took);
        Interlocked.Add(ref _keysDeleted, keysDeleted);
    }

    /// <inheritdoc/>
    public void Finished(long revision, uint hash, TimeSpan took)
    {
        Totals.Record(took);
        Interlocked.Exchange(ref _lastUnixSeconds, _time.GetUtcNow().ToUnixTimeSeconds());
        Log?.Finished(revision, hash, took);
    }
}
