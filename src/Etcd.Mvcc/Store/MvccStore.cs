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
    private readonly ILeaseBook _leases;
    private readonly MvccOptions _options;
    private volatile StoreParts _parts;

    private MvccStore(Backend backend, ILeaseBook leases, MvccOptions options)
    {
        _backend = backend;
        _leases = leases;
        _options = options;
        _parts = StoreParts.Restore(backend, leases, options, Figures);
    }

    /// <inheritdoc/>
    public long CurrentRevision => _parts.Revisions.Current;

    /// <summary>Revision of the last compaction, -1 before the first. Reads below it fail; it itself can be read.</summary>
    public long CompactRevision => _parts.Revisions.Compact;

    /// <summary>What the store was asked to do so far.</summary>
    public StoreFigures Figures { get; } = new();

    /// <summary>Keys that exist now.</summary>
    public long KeyCount => _parts.Index.LiveCount;

    /// <summary>Ends when all compactions asked for so far have gone through the file; faulted when one failed.</summary>
    public Task Compactions => _parts.Compactor.Tail;

    /// <summary>Told, on the apply thread and inside an entry, that <see cref="RunCompactionSlice"/> has something to do; only when the options
    /// leave compactions to the caller.</summary>
    internal Action? CompactionSliceWanted
    {
        set => _parts.Compactor.SliceWanted = value;
    }

    /// <summary>Checksums of the newest ten compactions, oldest first, for comparison with other members.</summary>
    public IReadOnlyList<HashKvResult> CompactionHashes => _parts.Hashes.All;

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
        var store = new MvccStore(backend, leases, options);
        store._parts.ResumeCompaction();
        return store;
    }

    /// <summary>Starts from the database that was installed in the backend: see <see cref="Backend.Install"/>. Apply thread, before the
    /// next entry; the lessor has read its leases already.</summary>
    /// <remarks>Until it is done readers see the state before the installation, and from then on the new one: no reader waits, and none
    /// sees a mixture. A compaction of the old state ends; if the new one has one unfinished, it is taken up.</remarks>
    /// <exception cref="CorruptBackendException">The database holds what no store wrote; the member must stop.</exception>
    public void Reload()
    {
        StoreParts old = _parts;
        StoreParts restored = StoreParts.Restore(_backend, _leases, _options, Figures);
        restored.Transaction.Sink = old.Transaction.Sink;
        restored.Transaction.Ledger = old.Transaction.Ledger;
        restored.Compactor.SliceWanted = old.Compactor.SliceWanted;
        _parts = restored;
        old.Compactor.Abandon();
        _backend.ReleaseReplaced();
        restored.ResumeCompaction();
    }

    /// <summary>Names the receiver of events, before the first write.</summary>
    public void AttachEventSink(IEventSink sink) => _parts.Transaction.Sink = sink;

    /// <summary>Names who keeps account of live keys from the next write on; <see langword="null"/> for nobody. Apply thread, or before the first write.</summary>
    public void AttachLedger(IKeyLedger? ledger) => _parts.Transaction.Ledger = ledger;

    /// <summary>Reads a range, at the newest revision or a past one. Any thread; dispose the reply.</summary>
    /// <exception cref="EtcdException">Compacted or future revision, or an unknown sort option.</exception>
    public RangeReply Range(RangeRequest request)
    {
        Figures.CountRanges(1);
        return Look(request);
    }

    /// <summary>As <see cref="Range"/>, for what no client has asked: it is not counted among the ranges.</summary>
    /// <exception cref="EtcdException">Compacted or future revision, or an unknown sort option.</exception>
    public RangeReply Look(RangeRequest request)
    {
        while (true)
        {
            StoreParts parts = _parts;
            try
            {
                return parts.Ranges.Range(request);
            }
            catch (BackendReplacedException) when (parts != _parts)
            {
                // The parts of the installed database are there.
            }
        }
    }

    /// <summary>Runs a transaction that holds no write, at one revision. Any thread.</summary>
    /// <exception cref="EtcdException">Compacted or future revision, or an unknown sort option.</exception>
    public TxnResponse ReadOnlyTxn(TxnRequest request)
    {
        while (true)
        {
            StoreParts parts = _parts;
            try
            {
                return parts.Txns.RunReadOnly(request);
            }
            catch (BackendReplacedException) when (parts != _parts)
            {
                // As above.
            }
        }
    }

    /// <summary>Puts a key. Apply thread.</summary>
    /// <returns>The reply; its header has the revision only.</returns>
    /// <exception cref="EtcdException">Unknown lease, or a flag keeps old state and there is none; nothing is written.</exception>
    public PutResponse Put(PutRequest request)
    {
        StoreParts parts = _parts;
        parts.Applier.CheckLease(request.Lease);
        parts.Applier.CheckPut(request, CurrentRevision);
        parts.Transaction.Begin();
        PutResponse response = parts.Applier.Put(request);
        parts.Transaction.End();
        return response;
    }

    /// <summary>Deletes the keys of a range in one revision; none found leaves the revision as it is. Apply thread.</summary>
    public DeleteRangeResponse DeleteRange(DeleteRangeRequest request)
    {
        StoreParts parts = _parts;
        parts.Transaction.Begin();
        DeleteRangeResponse response = parts.Applier.DeleteRange(request);
        parts.Transaction.End();
        return response;
    }

    /// <summary>Runs a transaction in one revision, all or nothing. Apply thread.</summary>
    /// <exception cref="EtcdException">An operation of the branch taken is impossible; nothing is written.</exception>
    public TxnResponse Txn(TxnRequest request)
    {
        StoreParts parts = _parts;
        parts.Transaction.Begin();
        TxnResponse response = parts.Txns.Run(request, parts.Applier, CurrentRevision);
        response.Header.Revision = parts.Transaction.End();
        return response;
    }

    /// <summary>Deletes keys in one revision, as the revocation of their lease does. Apply thread.</summary>
    /// <param name="keysAscending">The keys in byte order, so that every member numbers them alike.</param>
    /// <returns>The store's revision afterwards.</returns>
    public long DeleteKeys(IReadOnlyList<ReadOnlyMemory<byte>> keysAscending)
    {
        WriteTransaction transaction = _parts.Transaction;
        transaction.Begin();
        foreach (ReadOnlyMemory<byte> key in keysAscending)
        {
            transaction.DeleteOfLease(key.Span);
        }

        return transaction.End();
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

        StoreParts parts = _parts;
        _backend.Put(BackendBucket.Meta, CompactionMarks.ScheduledKey, CompactionMarks.Encode(revision));
        parts.Revisions.Forbid(revision);
        return parts.Compactor.Schedule(new CompactionJob(revision, previous, KeepsHash: parts.Compactor.Finished == previous));
    }

    /// <summary>Runs the compactions asked for, when the options leave that to the caller; between two entries.</summary>
    public void RunCompactions()
    {
        while (_parts.Compactor.RunSlice())
        {
            // Each slice is small; together they are what was asked for.
        }
    }

    /// <summary>One slice of <see cref="RunCompactions"/>.</summary>
    /// <returns><see langword="false"/> when nothing is left to do.</returns>
    public bool RunCompactionSlice() => _parts.Compactor.RunSlice();

    /// <summary>Checksum of the key space at a revision, equal on all members and to real etcd's. Any thread.</summary>
    /// <param name="revision">0 means the newest.</param>
    /// <exception cref="EtcdException">Compacted or future revision.</exception>
    public HashKvResult HashByRevision(long revision)
    {
        while (true)
        {
            StoreParts parts = _parts;
            try
            {
                return parts.Hasher.Compute(revision);
            }
            catch (BackendReplacedException) when (parts != _parts)
            {
                // As in Range.
            }
        }
    }

    /// <summary>The checksum that a store with this content has after a later compaction: what the member said whose data this is. While no write
    /// goes on.</summary>
    /// <param name="revision">The revision.</param>
    /// <param name="compactRevision">Its last compaction then, -1 for none; not before <see cref="CompactRevision"/>.</param>
    /// <exception cref="EtcdException">The revision is in the future, or the compaction before this store's.</exception>
    public uint HashByRevision(long revision, long compactRevision) =>
        compactRevision < CompactRevision ? throw new EtcdException(EtcdErrorCode.Compacted)
        : revision > CurrentRevision ? throw new EtcdException(EtcdErrorCode.FutureRevision)
        : _parts.Hasher.Hash(revision, compactRevision);

    /// <inheritdoc/>
    public bool TryReadEvents(
        long fromRevision, long toRevision, KeyFilter filter, long bytesMax, List<KeyEvent> events, out long lastRevision)
    {
        while (true)
        {
            StoreParts parts = _parts;
            try
            {
                return parts.History.TryReadEvents(fromRevision, toRevision, filter, bytesMax, events, out lastRevision);
            }
            catch (BackendReplacedException) when (parts != _parts)
            {
                // As in Range. It is thrown before the first event.
            }
        }
    }

    /// <inheritdoc/>
    public bool TryGetAt(ReadOnlySpan<byte> key, long revision, out ReadOnlyMemory<byte> encodedKeyValue)
    {
        while (true)
        {
            StoreParts parts = _parts;
            try
            {
                return parts.History.TryGetAt(key, revision, out encodedKeyValue);
            }
            catch (BackendReplacedException) when (parts != _parts)
            {
                // As in Range.
            }
        }
    }

    /// <summary>Stops a running compaction. The backend stays open.</summary>
    public void Dispose() => _parts.Dispose();
}
