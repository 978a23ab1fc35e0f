using Etcd.Mvcc.Watch;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;

namespace Etcd.Mvcc;

/// <summary>The key space with its history: what raft entries change and what clients read.</summary>
/// <remarks>
/// Writes belong to the apply thread, which ends each entry with <see cref="Backend.EndEntry"/>; a write is readable
/// when its call returns and durable with the backend's next commit. Reads may come from any thread, take no lock, and see
/// one revision.
/// </remarks>
public sealed class MvccStore : IWatchHistory, IDisposable
{
    private readonly Backend _backend;
    private readonly KeyIndex _index;
    private readonly StoreRevisions _revisions;
    private readonly CompactionHashes _hashes = new();
    private readonly Compactor _compactor;
    private readonly RangeReader _ranges;
    private readonly TxnExecutor _txns;
    private readonly WriteTransaction _transaction;
    private readonly RequestApplier _applier;
    private readonly KeySpaceHasher _hasher;
    private readonly HistoryReader _history;

    private MvccStore(Backend backend, ILeaseBook leases, MvccOptions options, KeyIndex index, StoreRevisions revisions)
    {
        _backend = backend;
        _index = index;
        _revisions = revisions;
        _compactor = new Compactor(index, backend, options, _hashes);
        _ranges = new RangeReader(index, backend, revisions);
        _txns = new TxnExecutor(index, backend, revisions, _ranges);
        _transaction = new WriteTransaction(index, backend, revisions, leases);
        _applier = new RequestApplier(index, backend, _ranges, _transaction, leases);
        _hasher = new KeySpaceHasher(index, backend, revisions, _hashes);
        _history = new HistoryReader(index, backend, revisions);
    }

    /// <inheritdoc/>
    public long CurrentRevision => _revisions.Current;

    /// <summary>Revision of the last compaction, -1 before the first. Reads below it fail; it itself can be read.</summary>
    public long CompactRevision => _revisions.Compact;

    /// <summary>Keys that exist now.</summary>
    public long KeyCount => _index.LiveCount;

    /// <summary>Ends when all compactions asked for so far have gone through the file; faulted when one failed.</summary>
    public Task Compactions => _compactor.Tail;

    /// <summary>Told, on the apply thread and inside an entry, that <see cref="RunCompactionSlice"/> has something to do; only when the options
    /// leave compactions to the caller.</summary>
    internal Action? CompactionSliceWanted
    {
        set => _compactor.SliceWanted = value;
    }

    /// <summary>Checksums of the newest ten compactions, oldest first, for comparison with other members.</summary>
    public IReadOnlyList<HashKvResult> CompactionHashes => _hashes.All;

    /// <summary>Rebuilds the store from the backend, and takes an interrupted compaction up again.</summary>
    /// <param name="backend">The backend; the caller disposes it after the store.</param>
    /// <param name="leases">Knows the granted leases already; receives the keys that hang on them.</param>
    /// <param name="options">How the store runs.</param>
    /// <exception cref="CorruptBackendException">The backend holds what no store wrote.</exception>
    public static MvccStore Open(Backend backend, ILeaseBook leases, MvccOptions options)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(leases);
        ArgumentNullException.ThrowIfNull(options);
        var index = new KeyIndex();
        CompactionMarks marks;
        long last;
        using (BackendView view = backend.View())
        {
            marks = CompactionMarks.Read(view);
            last = IndexRestore.Run(view, index, leases);
        }

        // Incident #17780: after a crash in a compaction the newest record may be gone, or be a tombstone that was compacted.
        // The marks remember revisions that were given out; the store never goes back behind them.
        long current = Math.Max(last, Math.Max(marks.Finished, marks.Scheduled));
        var revisions = new StoreRevisions(current, Math.Max(marks.Finished, marks.Scheduled));
        var store = new MvccStore(backend, leases, options, index, revisions);
        store._compactor.Finished = marks.Finished;
        if (marks.Scheduled > marks.Finished)
        {
            store._compactor.Schedule(new CompactionJob(marks.Scheduled, marks.Finished, KeepsHash: false));
        }

        return store;
    }

    /// <summary>Names the receiver of events, before the first write.</summary>
    public void AttachEventSink(IEventSink sink) => _transaction.Sink = sink;

    /// <summary>Reads a range, at the newest revision or a past one. Any thread; dispose the reply.</summary>
    /// <exception cref="EtcdException">Compacted or future revision, or an unknown sort option.</exception>
    public RangeReply Range(RangeRequest request) => _ranges.Range(request);

    /// <summary>Runs a transaction that holds no write, at one revision. Any thread.</summary>
    /// <exception cref="EtcdException">Compacted or future revision, or an unknown sort option.</exception>
    public TxnResponse ReadOnlyTxn(TxnRequest request) => _txns.RunReadOnly(request);

    /// <summary>Puts a key. Apply thread.</summary>
    /// <returns>The reply; its header has the revision only.</returns>
    /// <exception cref="EtcdException">Unknown lease, or a flag keeps old state and there is none; nothing is written.</exception>
    public PutResponse Put(PutRequest request)
    {
        _applier.CheckLease(request.Lease);
        _applier.CheckPut(request, CurrentRevision);
        _transaction.Begin();
        PutResponse response = _applier.Put(request);
        _transaction.End();
        return response;
    }

    /// <summary>Deletes the keys of a range in one revision; none found leaves the revision as it is. Apply thread.</summary>
    public DeleteRangeResponse DeleteRange(DeleteRangeRequest request)
    {
        _transaction.Begin();
        DeleteRangeResponse response = _applier.DeleteRange(request);
        _transaction.End();
        return response;
    }

    /// <summary>Runs a transaction in one revision, all or nothing. Apply thread.</summary>
    /// <exception cref="EtcdException">An operation of the branch taken is impossible; nothing is written.</exception>
    public TxnResponse Txn(TxnRequest request)
    {
        _transaction.Begin();
        TxnResponse response = _txns.Run(request, _applier, CurrentRevision);
        response.Header.Revision = _transaction.End();
        return response;
    }

    /// <summary>Deletes keys in one revision, as the revocation of their lease does. Apply thread.</summary>
    /// <param name="keysAscending">The keys in byte order, so that every member numbers them alike.</param>
    /// <returns>The store's revision afterwards.</returns>
    public long DeleteKeys(IReadOnlyList<ReadOnlyMemory<byte>> keysAscending)
    {
        _transaction.Begin();
        foreach (ReadOnlyMemory<byte> key in keysAscending)
        {
            _transaction.TryDelete(key.Span);
        }

        return _transaction.End();
    }

    /// <summary>Forbids reads below a revision and begins to take away what only they would need. Apply thread.</summary>
    /// <param name="revision">Above <see cref="CompactRevision"/>, at most <see cref="CurrentRevision"/>.</param>
    /// <returns>Ends when the file has gone through it (the "physical" of the request).</returns>
    /// <exception cref="EtcdException">Compacted or future revision.</exception>
    public Task Compact(long revision)
    {
        long previous = CompactRevision;
        if (revision <= previous)
        {
            throw new EtcdException(EtcdErrorCode.Compacted);
        }

        if (revision > CurrentRevision)
        {
            throw new EtcdException(EtcdErrorCode.FutureRevision);
        }

        _backend.Put(BackendBucket.Meta, CompactionMarks.ScheduledKey, CompactionMarks.Encode(revision));
        _revisions.Forbid(revision);
        return _compactor.Schedule(new CompactionJob(revision, previous, KeepsHash: _compactor.Finished == previous));
    }

    /// <summary>Runs the compactions asked for, when the options leave that to the caller; between two entries.</summary>
    public void RunCompactions()
    {
        while (_compactor.RunSlice())
        {
            // Each slice is small; together they are what was asked for.
        }
    }

    /// <summary>One slice of <see cref="RunCompactions"/>.</summary>
    /// <returns><see langword="false"/> when nothing is left to do.</returns>
    public bool RunCompactionSlice() => _compactor.RunSlice();

    /// <summary>Checksum of the key space at a revision, equal on all members and to real etcd's. Any thread.</summary>
    /// <param name="revision">0 means the newest.</param>
    /// <exception cref="EtcdException">Compacted or future revision.</exception>
    public HashKvResult HashByRevision(long revision) => _hasher.Compute(revision);

    /// <inheritdoc/>
    public bool TryReadEvents(
        long fromRevision, long toRevision, KeyFilter filter, long bytesMax, List<KeyEvent> events, out long lastRevision) =>
        _history.TryReadEvents(fromRevision, toRevision, filter, bytesMax, events, out lastRevision);

    /// <inheritdoc/>
    public bool TryGetAt(ReadOnlySpan<byte> key, long revision, out ReadOnlyMemory<byte> encodedKeyValue) =>
        _history.TryGetAt(key, revision, out encodedKeyValue);

    /// <summary>Stops a running compaction. The backend stays open.</summary>
    public void Dispose() => _compactor.Dispose();
}
