namespace Etcd.Mvcc;

/// <summary>Reads past changes and past states for watchers. Any thread.</summary>
internal sealed class HistoryReader(KeyIndex index, StoreFile backend, StoreRevisions revisions)
{
    /// <summary>Reads the events of a span of revisions, see <see cref="Watch.IWatchHistory.TryReadEvents"/>.</summary>
    public bool TryReadEvents(
        long fromRevision, long toRevision, KeyFilter filter, long bytesMax, List<KeyEvent> events, out long lastRevision)
    {
        lastRevision = fromRevision;
        using BackendView view = backend.View();

        // After the view was taken: a compaction forbids reading before it deletes, so what passes here is whole in the view.
        if (fromRevision < revisions.Compact)
        {
            return false;
        }

        Span<byte> from = stackalloc byte[Revision.SizeBytes];
        new Revision(fromRevision, 0).WriteTo(from);
        BackendCursor cursor = view.Scan(BackendBucket.Key, from);
        long bytes = 0;
        while (cursor.MoveNext())
        {
            if (!Revision.TryRead(cursor.Key, out Revision at, out bool isTombstone))
            {
                throw new CorruptBackendException($"bucket \"key\" holds a key that is no revision: {Convert.ToHexString(cursor.Key)}");
            }

            if (at.Main > toRevision)
            {
                break;
            }

            if (at.Main != lastRevision)
            {
                if (bytes >= bytesMax)
                {
                    lastRevision = at.Main - 1;
                    return true;
                }

                lastRevision = at.Main;
            }

            bytes += cursor.Value.Length;
            Append(cursor.Value, at, isTombstone, filter, events);
        }

        lastRevision = toRevision;
        return true;
    }

    /// <summary>Looks a key up as it was, see <see cref="IKeyHistory.TryGetAt"/>.</summary>
    public bool TryGetAt(ReadOnlySpan<byte> key, long revision, out ReadOnlyMemory<byte> encodedKeyValue)
    {
        encodedKeyValue = default;
        using BackendView view = backend.View();
        bool found = index.TryFind(key, revision, out Revision inForce);
        if (!found || revision < revisions.Compact)
        {
            return false;
        }

        encodedKeyValue = RangeReply.RecordOf(view, inForce).ToArray();
        return true;
    }

    private static void Append(ReadOnlySpan<byte> stored, Revision at, bool isTombstone, KeyFilter filter, List<KeyEvent> events)
    {
        KeyValueRecord record = KeyValueRecord.Parse(stored, at);
        if (!filter(record.Key))
        {
            return;
        }

        int keyBytes = record.Key.Length;
        byte[] keyValue = isTombstone ? KeyValueRecord.EncodeDeletion(record.Key, at.Main) : stored.ToArray();
        ReadOnlyMemory<byte> key = keyValue.AsMemory(KeyValueRecord.KeyOffset(keyBytes), keyBytes);
        events.Add(new KeyEvent(at, isTombstone, isCreate: !isTombstone && record.Version == 1, key, keyValue));
    }
}
