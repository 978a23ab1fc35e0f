using Etcd.Protocol.Errors;

namespace Etcd.Mvcc;

/// <summary>Computes HashKV from index and backend. Any thread; writes go on.</summary>
internal sealed class KeySpaceHasher(KeyIndex index, StoreFile backend, StoreRevisions revisions, CompactionHashes compactionHashes)
{
    /// <summary>The checksum at a revision; 0 means the newest.</summary>
    /// <exception cref="EtcdException">The revision is compacted or in the future.</exception>
    public HashKvResult Compute(long revision)
    {
        if (compactionHashes.TryFind(revision, out HashKvResult stored))
        {
            return stored with { CurrentRevision = revisions.Current };
        }

        while (true)
        {
            long compact = revisions.Compact;
            long current = revisions.Current;
            if (revision > 0 && revision < compact)
            {
                throw new EtcdException(EtcdErrorCode.Compacted);
            }

            if (revision > current)
            {
                throw new EtcdException(EtcdErrorCode.FutureRevision);
            }

            long atMain = revision == 0 ? current : revision;
            uint hash = Hash(atMain, compact);

            // A compaction that began meanwhile may have taken index entries away: then the result is worthless.
            if (revisions.Compact <= Math.Max(atMain, compact))
            {
                return new HashKvResult(hash, compact, atMain, current);
            }
        }
    }

    /// <summary>The checksum at a revision as it is after a compaction that this store has not made.</summary>
    /// <param name="atMain">The revision, at most the newest.</param>
    /// <param name="compact">The compaction, not before the last one of this store; -1 for none.</param>
    public uint Hash(long atMain, long compact)
    {
        using BackendView view = backend.View();
        bool keepsAnything = index.Count(KeyRange.All, atMain) > 0;
        var hash = new KeySpaceHash(compact, atMain, keepsAnything);
        BackendCursor cursor = view.Scan(BackendBucket.Key);
        while (cursor.MoveNext())
        {
            if (!Revision.TryRead(cursor.Key, out Revision at, out bool isTombstone))
            {
                throw new CorruptBackendException($"bucket \"key\" holds a key that is no revision: {Convert.ToHexString(cursor.Key)}");
            }

            if (at.Main > atMain)
            {
                break;
            }

            bool isKept = false;
            if (hash.DependsOnKeep(at))
            {
                KeyValueRecord record = KeyValueRecord.Parse(cursor.Value, at);
                isKept = index.TryFind(record.Key, atMain, out Revision inForce) && inForce == at;
            }

            hash.Append(cursor.Key, cursor.Value, at, isTombstone, isKept);
        }

        return hash.Value;
    }
}
