namespace Etcd.Mvcc;

/// <summary>The write transaction of the apply thread: one main revision, one sub revision per changed key. Reused.</summary>
internal sealed class WriteTransaction(
    KeyIndex index, StoreFile backend, StoreRevisions revisions, ILeaseBook leases, StoreFigures figures)
{
    // A transaction of this many changes keeps its list; a larger one gives it back.
    private const int ChangesKept = 1024;
    private readonly List<Change> _changes = [];
    private long _beginRevision;
    private int _puts;
    private long _putBytes;
    private int _deletes;
    private int _ranges;

    /// <summary>Told the changes of each transaction, if any.</summary>
    public IEventSink? Sink { get; set; }

    /// <summary>Keeps account of live keys, if anybody does.</summary>
    public IKeyLedger? Ledger { get; set; }

    /// <summary>Revision that reads inside the transaction are at: it sees its own changes.</summary>
    public long ReadRevision => _changes.Count > 0 ? _beginRevision + 1 : _beginRevision;

    /// <summary>Begins a transaction on top of the newest revision.</summary>
    public void Begin() => _beginRevision = revisions.Current;

    /// <summary>Puts a key.</summary>
    public void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long leaseId)
    {
        _puts++;
        _putBytes += key.Length + value.Length;
        if (Ledger is { } ledger && ledger.Covers(key))
        {
            ledger.Changed(key, BytesOf(key), key.Length + value.Length);
        }

        var revision = new Revision(_beginRevision + 1, _changes.Count);
        index.Put(key, revision, leaseId != 0, out long createRevision, out long version);
        byte[] record = KeyValueRecord.Encode(key, createRevision, revision.Main, version, value, leaseId);
        backend.PutRevision(revision, isTombstone: false, record);
        _changes.Add(new Change(revision, IsDelete: false, IsCreate: version == 1, record, key.Length));
        MoveLease(key, version > 1 ? leases.LeaseOf(key) : 0, leaseId);
    }

    /// <summary>Deletes a key.</summary>
    /// <returns><see langword="false"/> when it does not exist; that changes nothing.</returns>
    public bool TryDelete(ReadOnlySpan<byte> key)
    {
        long bytesBefore = Ledger is { } ledger && ledger.Covers(key) ? BytesOf(key) : 0;
        var revision = new Revision(_beginRevision + 1, _changes.Count);
        if (!index.TryDelete(key, revision))
        {
            return false;
        }

        if (bytesBefore > 0)
        {
            Ledger!.Changed(key, bytesBefore, bytesAfter: 0);
        }

        byte[] record = KeyValueRecord.EncodeTombstone(key);
        backend.PutRevision(revision, isTombstone: true, record);
        _changes.Add(new Change(revision, IsDelete: true, IsCreate: false, record, key.Length));
        MoveLease(key, leases.LeaseOf(key), 0);
        return true;
    }

    /// <summary>Deletes the keys of a range in ascending order.</summary>
    /// <returns>How many there were.</returns>
    public long DeleteRange(in KeyRange range)
    {
        _deletes++;
        if (range.IsSingle)
        {
            return TryDelete(range.From) ? 1 : 0;
        }

        List<byte[]> keys = index.KeysOf(range, ReadRevision);
        foreach (byte[] key in keys)
        {
            TryDelete(key);
        }

        return keys.Count;
    }

    /// <summary>Deletes one key of an ended lease.</summary>
    public void DeleteOfLease(ReadOnlySpan<byte> key)
    {
        _deletes++;
        TryDelete(key);
    }

    /// <summary>Counts a range that is read inside the transaction.</summary>
    public void CountRange() => _ranges++;

    /// <summary>Counts a range that was read for a request which is then refused.</summary>
    public void CountVainRange() => figures.CountRanges(1);

    /// <summary>Makes the changes readable, then tells them.</summary>
    /// <returns>The store's revision afterwards.</returns>
    public long End()
    {
        figures.CountWrites(_puts, _putBytes, _deletes, _ranges);
        (_puts, _putBytes, _deletes, _ranges) = (0, 0, 0, 0);
        if (_changes.Count == 0)
        {
            return _beginRevision;
        }

        long revision = _beginRevision + 1;
        revisions.Publish(revision);
        if (Sink is { IsWanted: true } sink)
        {
            sink.Publish(revision, EventsOfChanges());
        }

        _changes.Clear();
        if (_changes.Capacity > ChangesKept)
        {
            _changes.Capacity = ChangesKept;
        }

        return revision;
    }

    // What the key and its value have now; 0 when there is no such key.
    private long BytesOf(ReadOnlySpan<byte> key)
    {
        if (!index.TryFind(key, ReadRevision, out Revision revision))
        {
            return 0;
        }

        using BackendView view = backend.View();
        return key.Length + KeyValueRecord.Parse(RangeReply.RecordOf(view, revision), revision).Value.Length;
    }

    private KeyEvent[] EventsOfChanges()
    {
        var events = new KeyEvent[_changes.Count];
        for (int at = 0; at < events.Length; at++)
        {
            events[at] = _changes[at].ToEvent();
        }

        return events;
    }

    private void MoveLease(ReadOnlySpan<byte> key, long oldLease, long newLease)
    {
        if (oldLease == newLease)
        {
            return;
        }

        // A copy: the book keeps the key, and must not keep the value with it.
        byte[] copy = key.ToArray();
        if (oldLease != 0)
        {
            leases.Detach(oldLease, copy);
        }

        if (newLease != 0)
        {
            leases.Attach(newLease, copy);
        }
    }

    private readonly record struct Change(Revision Revision, bool IsDelete, bool IsCreate, byte[] Record, int KeyBytes)
    {
        public KeyEvent ToEvent()
        {
            ReadOnlyMemory<byte> key = Record.AsMemory(KeyValueRecord.KeyOffset(KeyBytes), KeyBytes);
            ReadOnlyMemory<byte> keyValue = IsDelete ? KeyValueRecord.EncodeDeletion(key.Span, Revision.Main) : Record;
            return new KeyEvent(Revision, IsDelete, IsCreate, key, keyValue);
        }
    }
}
