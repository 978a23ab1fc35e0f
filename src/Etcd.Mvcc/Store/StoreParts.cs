namespace Etcd.Mvcc;

/// <summary>Everything a store needs that knows one index. All of it is replaced together when a snapshot is installed.</summary>
internal sealed class StoreParts : IDisposable
{
    private StoreParts(
        StoreFile file, ILeaseBook leases, MvccOptions options, KeyIndex index, StoreRevisions revisions, StoreFigures figures)
    {
        Index = index;
        File = file;
        Revisions = revisions;
        Compactor = new Compactor(index, file, options, Hashes);
        Ranges = new RangeReader(index, file, revisions);
        Txns = new TxnExecutor(index, file, revisions, Ranges, figures);
        Transaction = new WriteTransaction(index, file, revisions, leases, figures);
        Applier = new RequestApplier(index, file, Ranges, Transaction, leases);
        Hasher = new KeySpaceHasher(index, file, revisions, Hashes);
        History = new HistoryReader(index, file, revisions);
    }

    public KeyIndex Index { get; }

    public StoreFile File { get; }

    public StoreRevisions Revisions { get; }

    public CompactionHashes Hashes { get; } = new();

    public Compactor Compactor { get; }

    public RangeReader Ranges { get; }

    public TxnExecutor Txns { get; }

    public WriteTransaction Transaction { get; }

    public RequestApplier Applier { get; }

    public KeySpaceHasher Hasher { get; }

    public HistoryReader History { get; }

    /// <summary>Builds the parts from what the backend's file holds. A compaction that was interrupted waits in
    /// <see cref="ResumeCompaction"/>.</summary>
    /// <exception cref="CorruptBackendException">The backend holds what no store wrote.</exception>
    public static StoreParts Restore(Backend backend, ILeaseBook leases, MvccOptions options, StoreFigures figures)
    {
        var file = new StoreFile(backend);
        var index = new KeyIndex();
        CompactionMarks marks;
        long last;
        using (BackendView view = file.View())
        {
            marks = CompactionMarks.Read(view);
            last = IndexRestore.Run(view, index, leases);
        }

        // Incident #17780: after a crash in a compaction the newest record may be gone, or be a tombstone that was compacted.
        // The marks remember revisions that were given out; the store never goes back behind them.
        long current = Math.Max(last, Math.Max(marks.Finished, marks.Scheduled));
        var revisions = new StoreRevisions(current, Math.Max(marks.Finished, marks.Scheduled));
        return new StoreParts(file, leases, options, index, revisions, figures)
        {
            Compactor = { Finished = marks.Finished },
        };
    }

    /// <summary>Takes an interrupted compaction up again.</summary>
    public void ResumeCompaction()
    {
        long scheduled = Revisions.Compact;
        long finished = Compactor.Finished;
        if (scheduled > finished)
        {
            Compactor.Schedule(new CompactionJob(scheduled, finished, KeepsHash: false));
        }
    }

    /// <summary>Stops a running compaction.</summary>
    public void Dispose() => Compactor.Dispose();
}
