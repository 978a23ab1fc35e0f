namespace Etcd.Mvcc;

/// <summary>The checksums that the newest ten compactions took while they ran; members compare them. Any thread.</summary>
internal sealed class CompactionHashes
{
    private const int CountMax = 10;
    private readonly Lock _gate = new();
    private readonly Queue<HashKvResult> _hashes = new();

    /// <summary>The checksums, oldest first.</summary>
    public IReadOnlyList<HashKvResult> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _hashes];
            }
        }
    }

    /// <summary>Keeps one more.</summary>
    public void Add(HashKvResult hash)
    {
        lock (_gate)
        {
            _hashes.Enqueue(hash);
            if (_hashes.Count > CountMax)
            {
                _hashes.Dequeue();
            }
        }
    }

    /// <summary>Finds the one taken at exactly this revision.</summary>
    public bool TryFind(long revision, out HashKvResult hash)
    {
        lock (_gate)
        {
            foreach (HashKvResult kept in _hashes)
            {
                if (kept.Revision == revision)
                {
                    hash = kept;
                    return true;
                }
            }
        }

        hash = default;
        return false;
    }
}
