namespace Etcd.Mvcc;

/// <summary>Up to 64 keys with their histories, packed into three arrays; read without a lock beside one writer.</summary>
/// <remarks>
/// The writer makes the stamp odd, changes, and makes it even again. A reader reads between two equal even stamps or tries
/// again; while it reads, every index is checked against the array it goes into, so that a half-made change can
/// only give a result that is thrown away.
/// </remarks>
internal sealed class IndexLeaf : IndexNode
{
    /// <summary>Most keys of one leaf.</summary>
    public const int KeysMax = 64;

    private const int SlotStep = 8;
    private const int Torn = int.MinValue;

    private int _stamp;
    private int _count;
    private byte[] _keys;
    private int[] _ends;
    private IndexSlot[] _slots;

    /// <summary>Makes an empty leaf.</summary>
    public IndexLeaf()
        : base(0, 0)
    {
        _keys = [];
        _ends = [];
        _slots = [];
    }

    private IndexLeaf(int count, byte[] keys, int[] ends, IndexSlot[] slots, long newestMain)
        : base(newestMain, CountLive(slots.AsSpan(0, count)))
    {
        _count = count;
        _keys = keys;
        _ends = ends;
        _slots = slots;
    }

    /// <summary>Keys in the leaf; for the writer.</summary>
    public int Count => _count;

    /// <summary>Copies the history of a key. Any thread.</summary>
    /// <returns><see langword="false"/> when the leaf does not have the key.</returns>
    public bool TryGet(ReadOnlySpan<byte> key, out IndexSlot slot)
    {
        var spin = default(SpinWait);
        while (true)
        {
            int stamp = Volatile.Read(ref _stamp);
            if ((stamp & 1) == 0)
            {
                IndexSlot[] slots = _slots;
                int at = Search(key);
                slot = (uint)at < (uint)slots.Length ? slots[at] : default;
                if (IsStill(stamp))
                {
                    return at >= 0;
                }
            }

            spin.SpinOnce();
        }
    }

    /// <summary>Collects the revisions in force at a main revision, and counts them. Any thread.</summary>
    /// <param name="range">Keys asked for.</param>
    /// <param name="atMain">Main revision to read at.</param>
    /// <param name="collectMax">Length at which <paramref name="revisions"/> grows no more; keys beyond are only counted.</param>
    /// <param name="revisions">Receives the revisions in key order.</param>
    /// <param name="keys">Receives the key of each, if anybody wants it.</param>
    /// <returns>Keys of the leaf in the range that exist at the revision.</returns>
    public int Collect(in KeyRange range, long atMain, int collectMax, ref RevisionList revisions, CollectedKeys? keys)
    {
        var spin = default(SpinWait);
        int before = revisions.Count;
        while (true)
        {
            int stamp = Volatile.Read(ref _stamp);
            if ((stamp & 1) == 0)
            {
                int found = CollectOnce(range, atMain, collectMax, ref revisions, keys);
                if (IsStill(stamp))
                {
                    return found;
                }

                revisions.Truncate(before);
                keys?.Truncate(before);
            }

            spin.SpinOnce();
        }
    }

    /// <summary>Position of a key, or the complement of where it belongs. For the writer.</summary>
    public int Find(ReadOnlySpan<byte> key) => Search(key);

    /// <summary>The key at a position; valid until the leaf changes. For the writer.</summary>
    public ReadOnlySpan<byte> KeyAt(int at)
    {
        int start = at == 0 ? 0 : _ends[at - 1];
        return _keys.AsSpan(start, _ends[at] - start);
    }

    /// <summary>The history at a position. For the writer.</summary>
    public ref readonly IndexSlot SlotAt(int at) => ref _slots[at];

    /// <summary>Writer: copies the keys of a range that exist at a main revision.</summary>
    public void CopyKeys(in KeyRange range, long atMain, List<byte[]> keys)
    {
        int end = range.IsUnbounded ? _count : Position(Search(range.End));
        for (int at = Position(Search(range.From)); at < end; at++)
        {
            if (_slots[at].TryGetAt(atMain, out _))
            {
                keys.Add(KeyAt(at).ToArray());
            }
        }
    }

    /// <summary>Writer: makes a change the newest one of the key at a position.</summary>
    public void Supersede(int at, long main, int subAndKind, long createRevision, long version)
    {
        BeginChange();
        _slots[at].Supersede(main, subAndKind, createRevision, version);
        EndChange();
    }

    /// <summary>Writer: inserts a key the leaf does not have. The leaf is not full.</summary>
    public void Insert(int at, ReadOnlySpan<byte> key, in IndexSlot slot)
    {
        int start = at == 0 ? 0 : _ends[at - 1];
        int used = _count == 0 ? 0 : _ends[_count - 1];
        BeginChange();
        if (_count == _slots.Length)
        {
            int capacity = Math.Min(KeysMax, _count + SlotStep);
            Array.Resize(ref _slots, capacity);
            Array.Resize(ref _ends, capacity);
        }

        if (used + key.Length > _keys.Length)
        {
            int needed = used + key.Length;
            Array.Resize(ref _keys, needed + (_count == KeysMax - 1 ? 0 : key.Length + (needed / SlotStep)));
        }

        _keys.AsSpan(start, used - start).CopyTo(_keys.AsSpan(start + key.Length));
        key.CopyTo(_keys.AsSpan(start));
        Array.Copy(_slots, at, _slots, at + 1, _count - at);
        _slots[at] = slot;
        for (int i = _count; i > at; i--)
        {
            _ends[i] = _ends[i - 1] + key.Length;
        }

        _ends[at] = start + key.Length;
        _count++;
        EndChange();
    }

    /// <summary>Writer: drops what no read at <paramref name="atMain"/> or later can see, keys without history included.</summary>
    /// <returns>Keys removed.</returns>
    public int Compact(long atMain)
    {
        BeginChange();
        int kept = 0;
        int used = 0;
        for (int at = 0; at < _count; at++)
        {
            if (!_slots[at].TryCompact(atMain))
            {
                continue;
            }

            ReadOnlySpan<byte> key = KeyAt(at);
            int length = key.Length;
            if (kept != at)
            {
                key.CopyTo(_keys.AsSpan(used));
                _slots[kept] = _slots[at];
            }

            used += length;
            _ends[kept++] = used;
        }

        int removed = _count - kept;
        _slots.AsSpan(kept, removed).Clear();
        _count = kept;
        EndChange();
        return removed;
    }

    /// <summary>Makes a leaf of some of the keys. For the writer.</summary>
    public IndexLeaf Slice(int first, int count)
    {
        int start = first == 0 ? 0 : _ends[first - 1];
        int length = count == 0 ? 0 : _ends[first + count - 1] - start;
        int capacity = Math.Min(KeysMax, count + SlotStep);
        var slots = new IndexSlot[capacity];
        int[] ends = new int[capacity];
        byte[] keys = new byte[length];
        Array.Copy(_slots, first, slots, 0, count);
        _keys.AsSpan(start, length).CopyTo(keys);
        for (int i = 0; i < count; i++)
        {
            ends[i] = _ends[first + i] - start;
        }

        return new IndexLeaf(count, keys, ends, slots, NewestMain);
    }

    /// <summary>Makes one leaf of this one and its right neighbour, that fit together. For the writer.</summary>
    public IndexLeaf Merge(IndexLeaf right)
    {
        int used = _count == 0 ? 0 : _ends[_count - 1];
        int added = right._count == 0 ? 0 : right._ends[right._count - 1];
        int count = _count + right._count;
        int capacity = Math.Min(KeysMax, count + SlotStep);
        var slots = new IndexSlot[capacity];
        int[] ends = new int[capacity];
        byte[] keys = new byte[used + added];
        Array.Copy(_slots, slots, _count);
        Array.Copy(right._slots, 0, slots, _count, right._count);
        Array.Copy(_ends, ends, _count);
        for (int i = 0; i < right._count; i++)
        {
            ends[_count + i] = used + right._ends[i];
        }

        _keys.AsSpan(0, used).CopyTo(keys);
        right._keys.AsSpan(0, added).CopyTo(keys.AsSpan(used));
        return new IndexLeaf(count, keys, ends, slots, Math.Max(NewestMain, right.NewestMain));
    }

    /// <summary>Shortest key that is above every key of this leaf and not above the first key of <paramref name="right"/>.</summary>
    public byte[] SeparatorBefore(IndexLeaf right)
    {
        ReadOnlySpan<byte> first = right.KeyAt(0);
        int common = _count == 0 ? 0 : KeyAt(_count - 1).CommonPrefixLength(first);
        return first[..Math.Min(first.Length, common + 1)].ToArray();
    }

    private static long CountLive(ReadOnlySpan<IndexSlot> slots)
    {
        long live = 0;
        foreach (ref readonly IndexSlot slot in slots)
        {
            live += slot.IsTombstone ? 0 : 1;
        }

        return live;
    }

    private int CollectOnce(in KeyRange range, long atMain, int collectMax, ref RevisionList revisions, CollectedKeys? keys)
    {
        IndexSlot[] slots = _slots;
        int first = Position(Search(range.From));
        int end = Math.Min(_count, slots.Length);
        if (!range.IsUnbounded)
        {
            end = Math.Min(end, Position(Search(range.End)));
        }

        int found = 0;
        for (int at = first; (uint)at < (uint)end; at++)
        {
            if (slots[at].TryGetAt(atMain, out Revision revision))
            {
                found++;
                if (revisions.Count < collectMax)
                {
                    revisions.Add(revision);
                    keys?.Add(MaybeKeyAt(at), slots[at], atMain);
                }
            }
        }

        return found;
    }

    // For a reader beside the writer: what is no key because the writer is at it is thrown away with the rest.
    private ReadOnlySpan<byte> MaybeKeyAt(int at)
    {
        byte[] keys = _keys;
        int[] ends = _ends;
        if ((uint)at >= (uint)ends.Length)
        {
            return default;
        }

        int start = at == 0 ? 0 : ends[at - 1];
        int end = ends[at];
        return (uint)end > (uint)keys.Length || (uint)start > (uint)end ? default : keys.AsSpan(start, end - start);
    }

    private static int Position(int found) => found >= 0 ? found : ~found;

    private int Search(ReadOnlySpan<byte> key)
    {
        byte[] keys = _keys;
        int[] ends = _ends;
        int low = 0;
        int high = Math.Min(_count, ends.Length) - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int start = middle == 0 ? 0 : ends[middle - 1];
            int end = ends[middle];
            if ((uint)end > (uint)keys.Length || (uint)start > (uint)end)
            {
                return Torn;
            }

            int order = key.SequenceCompareTo(keys.AsSpan(start, end - start));
            if (order == 0)
            {
                return middle;
            }

            if (order > 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return ~low;
    }

    private bool IsStill(int stamp)
    {
        Volatile.ReadBarrier();
        return _stamp == stamp;
    }

    private void BeginChange()
    {
        _stamp++;
        Volatile.WriteBarrier();
    }

    private void EndChange() => Volatile.Write(ref _stamp, _stamp + 1);
}
