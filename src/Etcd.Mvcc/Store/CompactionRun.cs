namespace Etcd.Mvcc;

/// <summary>Carries out one compaction in slices: first the index, then the file. Apply and readers go on meanwhile.</summary>
internal sealed class CompactionRun(KeyIndex index, StoreFile backend, CompactionJob job, int recordsPerSlice)
{
    private readonly Revision _end = new(job.Revision + 1, 0);
    private byte[]? _resumeKey;
    private KeySpaceHash _hash;
    private Revision _next = new(0, 0);

    /// <summary>Whether the index has gone through it.</summary>
    public bool IndexIsDone { get; private set; }

    /// <summary>Whether everything is done.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Checksum of the key space at the compaction, taken before anything was deleted; valid when done.</summary>
    public uint Hash => _hash.Value;

    /// <summary>Does the next slice of work.</summary>
    /// <returns>What the file must lose, or <see langword="null"/> when this slice found nothing.</returns>
    public CleanUp? NextSlice()
    {
        if (!IndexIsDone)
        {
            IndexIsDone = index.CompactSlice(job.Revision, ref _resumeKey);
            if (IndexIsDone)
            {
                _hash = new KeySpaceHash(job.Previous, job.Revision, KeepsAnything());
            }

            return null;
        }

        List<ReadOnlyMemory<byte>> deletions = ReadSlice();
        if (IsDone)
        {
            return new CleanUp(deletions, CompactionMarks.FinishedKey, CompactionMarks.Encode(job.Revision));
        }

        return deletions.Count > 0 ? new CleanUp(deletions, null, null) : null;
    }

    private List<ReadOnlyMemory<byte>> ReadSlice()
    {
        var deletions = new List<ReadOnlyMemory<byte>>();
        using BackendView view = backend.View();
        Span<byte> from = stackalloc byte[Revision.SizeBytes];
        _next.WriteTo(from);
        BackendCursor cursor = view.Scan(BackendBucket.Key, from);
        for (int read = 0; read < recordsPerSlice; read++)
        {
            if (!cursor.MoveNext())
            {
                IsDone = true;
                break;
            }

            if (!Revision.TryRead(cursor.Key, out Revision at, out bool isTombstone))
            {
                throw new CorruptBackendException($"bucket \"key\" holds a key that is no revision: {Convert.ToHexString(cursor.Key)}");
            }

            if (at >= _end)
            {
                IsDone = true;
                break;
            }

            KeyValueRecord record = KeyValueRecord.Parse(cursor.Value, at);
            bool isKept = index.Contains(record.Key, at);
            _hash.Append(cursor.Key, cursor.Value, at, isTombstone, isKept);
            if (!isKept)
            {
                deletions.Add(cursor.Key.ToArray());
            }

            _next = at with { Sub = at.Sub + 1 };
        }

        return deletions;
    }

    private bool KeepsAnything()
    {
        if (index.Count(KeyRange.All, job.Revision) > 0)
        {
            return true;
        }

        // A tombstone exactly at the compaction is kept too.
        using BackendView view = backend.View();
        Span<byte> from = stackalloc byte[Revision.SizeBytes];
        new Revision(job.Revision, 0).WriteTo(from);
        BackendCursor cursor = view.Scan(BackendBucket.Key, from);
        while (cursor.MoveNext() && Revision.TryRead(cursor.Key, out Revision at, out bool isTombstone) && at.Main == job.Revision)
        {
            if (isTombstone)
            {
                return true;
            }
        }

        return false;
    }
}
