using Etcd.Mvcc;

namespace Etcd.Lease;

/// <summary>The keys that hang on one lease. Most leases hold one key, so the first is kept without a set.</summary>
/// <remarks>Not thread-safe: guarded by the lock on its lease.</remarks>
internal sealed class LeaseKeys
{
    private ReadOnlyMemory<byte> _only;
    private bool _hasOnly;
    private HashSet<ReadOnlyMemory<byte>>? _set;

    public int Count => _set?.Count ?? (_hasOnly ? 1 : 0);

    public void Add(ReadOnlyMemory<byte> key)
    {
        if (_set is not null)
        {
            _set.Add(key);
        }
        else if (!_hasOnly)
        {
            _only = key;
            _hasOnly = true;
        }
        else if (!KeyBytesComparer.Instance.Equals(_only, key))
        {
            _set = new HashSet<ReadOnlyMemory<byte>>(KeyBytesComparer.Instance) { _only, key };
            _only = default;
            _hasOnly = false;
        }
    }

    public void Remove(ReadOnlyMemory<byte> key)
    {
        if (_set is not null)
        {
            _set.Remove(key);
        }
        else if (_hasOnly && KeyBytesComparer.Instance.Equals(_only, key))
        {
            _only = default;
            _hasOnly = false;
        }
    }

    /// <summary>A copy in ascending byte order: the order in which members delete the keys must be the same everywhere.</summary>
    public ReadOnlyMemory<byte>[] ToAscendingArray()
    {
        if (_set is null)
        {
            return _hasOnly ? [_only] : [];
        }

        ReadOnlyMemory<byte>[] keys = [.. _set];
        Array.Sort(keys, KeyBytesComparer.Instance);
        return keys;
    }
}
