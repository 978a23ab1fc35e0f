using System.Buffers.Binary;

namespace Etcd.Mvcc;

/// <summary>Changes read from the backend, put into the index in key order rather than in the order they were made.</summary>
/// <remarks>
/// Revisions of one key stay in order. Neighbouring keys share their path and their leaf, so that a leaf is fetched into the cache
/// once a batch and not once a key: for a million keys in random order that is most of the time of a restart.
/// </remarks>
/// <param name="index">Receives the changes.</param>
/// <param name="changesMax">Changes in one batch.</param>
internal sealed class RestoreBatch(KeyIndex index, int changesMax = RestoreBatch.ChangesMaxDefault)
{
    private const int ChangesMaxDefault = 128 * 1024;
    private const int KeyBytesMax = 16 * 1024 * 1024;
    private readonly Change[] _changes = new Change[changesMax];
    private readonly SortItem[] _order = new SortItem[changesMax];
    private byte[] _keys = new byte[1 << 16];
    private int _keyBytes;
    private int _count;

    /// <summary>Adds a change later than all before.</summary>
    public void Add(ReadOnlySpan<byte> key, Revision revision, bool isTombstone, bool hasLease, long createRevision, long version)
    {
        if (_count == changesMax || (_keyBytes > 0 && _keyBytes + key.Length > KeyBytesMax))
        {
            Flush();
        }

        if (_keyBytes + key.Length > _keys.Length)
        {
            Array.Resize(ref _keys, Math.Max(_keys.Length * 2, _keyBytes + key.Length));
        }

        key.CopyTo(_keys.AsSpan(_keyBytes));
        _changes[_count++] = new Change(_keyBytes, key.Length, revision, isTombstone, hasLease, createRevision, version);
        _keyBytes += key.Length;
    }

    /// <summary>Puts what was added into the index.</summary>
    public void Flush()
    {
        int shared = SharedKeyBytes();
        for (int at = 0; at < _count; at++)
        {
            _order[at] = new SortItem(SortPrefix(KeyOf(at)[shared..]), at);
        }

        _order.AsSpan(0, _count).Sort(new KeyOrder(this));
        foreach (SortItem item in _order.AsSpan(0, _count))
        {
            ref readonly Change change = ref _changes[item.At];
            index.Restore(KeyOf(item.At), change.Revision, change.IsTombstone, change.HasLease, change.CreateRevision, change.Version);
        }

        _count = 0;
        _keyBytes = 0;
    }

    // The first eight bytes behind what all keys share, so that nearly every comparison is one of two numbers.
    private static ulong SortPrefix(ReadOnlySpan<byte> rest)
    {
        if (rest.Length >= sizeof(ulong))
        {
            return BinaryPrimitives.ReadUInt64BigEndian(rest);
        }

        Span<byte> padded = stackalloc byte[sizeof(ulong)];
        padded.Clear();
        rest.CopyTo(padded);
        return BinaryPrimitives.ReadUInt64BigEndian(padded);
    }

    private int SharedKeyBytes()
    {
        ReadOnlySpan<byte> shared = _count == 0 ? default : KeyOf(0);
        for (int at = 1; at < _count && !shared.IsEmpty; at++)
        {
            shared = shared[..shared.CommonPrefixLength(KeyOf(at))];
        }

        return shared.Length;
    }

    private ReadOnlySpan<byte> KeyOf(int at) => _keys.AsSpan(_changes[at].KeyStart, _changes[at].KeyBytes);

    private readonly record struct Change(
        int KeyStart, int KeyBytes, Revision Revision, bool IsTombstone, bool HasLease, long CreateRevision, long Version);

    private readonly record struct SortItem(ulong Prefix, int At);

    private readonly struct KeyOrder(RestoreBatch batch) : IComparer<SortItem>
    {
        public int Compare(SortItem x, SortItem y)
        {
            if (x.Prefix != y.Prefix)
            {
                return x.Prefix < y.Prefix ? -1 : 1;
            }

            int order = batch.KeyOf(x.At).SequenceCompareTo(batch.KeyOf(y.At));
            return order != 0 ? order : x.At.CompareTo(y.At);
        }
    }
}
