namespace Etcd.Mvcc;

/// <summary>Which revisions each key has: a B+tree that any thread reads without a lock, beside one writer.</summary>
/// <remarks>
/// A reader must take its revision from the store before it comes here. Changes are appended to a key's history and
/// do not disturb reads at earlier revisions, so the tree need not stand still under a reader: whatever mixture of old and new
/// nodes it meets, all of them have every change up to its revision. Only compaction takes history away; readers of
/// past revisions check the store's compact revision after they have read.
/// </remarks>
internal sealed class KeyIndex
{
    // Taken by the writer for single changes and by compaction for short slices: they run on different threads.
    private readonly Lock _writing = new();
    private readonly IndexPath _path = new();
    private IndexNode _root = new IndexLeaf();

    /// <summary>Keys that exist now.</summary>
    public long LiveCount => Volatile.Read(ref _root).LiveCount;

    /// <summary>Leaves of the tree, counted by walking it; to look at its shape.</summary>
    public int CountLeaves() => CountLeaves(Volatile.Read(ref _root));

    /// <summary>Finds the change of a key that is in force at a main revision. Any thread.</summary>
    public bool TryFind(ReadOnlySpan<byte> key, long atMain, out Revision revision)
    {
        revision = default;
        return LeafOf(key).TryGet(key, out IndexSlot slot) && slot.TryGetAt(atMain, out revision);
    }

    /// <summary>Tells whether a change is still part of its key's history. Any thread.</summary>
    public bool Contains(ReadOnlySpan<byte> key, Revision revision) =>
        LeafOf(key).TryGet(key, out IndexSlot slot) && slot.Contains(revision);

    /// <summary>Counts the keys of a range that exist at a main revision. Any thread.</summary>
    public long Count(in KeyRange range, long atMain)
    {
        var none = default(RevisionList);
        return Collect(range, atMain, collectMax: 0, ref none, keys: null);
    }

    /// <summary>Collects the changes in force at a main revision in key order. Any thread.</summary>
    /// <param name="range">Keys asked for.</param>
    /// <param name="atMain">Main revision to read at.</param>
    /// <param name="collectMax">Most revisions to collect; keys beyond are only counted.</param>
    /// <param name="revisions">Receives the revisions.</param>
    /// <param name="keys">Receives for each of them what a reader of keys wants; <see langword="null"/> when nobody does.</param>
    /// <returns>Keys in the range, collected or not.</returns>
    public long Collect(in KeyRange range, long atMain, int collectMax, ref RevisionList revisions, CollectedKeys? keys)
    {
        if (range.IsSingle)
        {
            if (!LeafOf(range.From).TryGet(range.From, out IndexSlot slot) || !slot.TryGetAt(atMain, out Revision revision))
            {
                return 0;
            }

            if (collectMax > 0)
            {
                revisions.Add(revision);
                keys?.Add(range.From, slot, atMain);
            }

            return 1;
        }

        if (!range.IsUnbounded && range.From.SequenceCompareTo(range.End) >= 0)
        {
            return 0;
        }

        return Collect(Volatile.Read(ref _root), range, false, range.IsUnbounded, atMain, collectMax, ref revisions, keys);
    }

    /// <summary>Writer: copies the keys of a range that exist at a main revision, in order.</summary>
    public List<byte[]> KeysOf(in KeyRange range, long atMain)
    {
        var keys = new List<byte[]>();
        if (range.IsUnbounded || range.From.SequenceCompareTo(range.End) < 0)
        {
            lock (_writing)
            {
                CopyKeys(_root, range, false, range.IsUnbounded, atMain, keys);
            }
        }

        return keys;
    }

    /// <summary>Writer: records a put.</summary>
    /// <param name="key">The key; copied.</param>
    /// <param name="revision">Later than every change of the key.</param>
    /// <param name="hasLease">Whether it puts the key on a lease.</param>
    /// <param name="createRevision">Main revision that began the key's present life.</param>
    /// <param name="version">Changes in the key's present life, this one included.</param>
    public void Put(ReadOnlySpan<byte> key, Revision revision, bool hasLease, out long createRevision, out long version)
    {
        lock (_writing)
        {
            IndexLeaf leaf = Descend(key, revision.Main);
            int at = leaf.Find(key);
            bool wasLive = at >= 0 && !leaf.SlotAt(at).IsTombstone;
            createRevision = wasLive ? leaf.SlotAt(at).CreateRevision : revision.Main;
            version = wasLive ? leaf.SlotAt(at).Version + 1 : 1;
            Change(leaf, at, key, revision.Main, RevisionMark.Pack(revision.Sub, isTombstone: false, hasLease), createRevision, version);
        }
    }

    /// <summary>Writer: records a deletion.</summary>
    /// <returns><see langword="false"/> when the key does not exist; nothing is recorded then.</returns>
    public bool TryDelete(ReadOnlySpan<byte> key, Revision revision)
    {
        lock (_writing)
        {
            IndexLeaf leaf = Descend(key, revision.Main);
            int at = leaf.Find(key);
            if (at < 0 || leaf.SlotAt(at).IsTombstone)
            {
                return false;
            }

            Change(leaf, at, key, revision.Main, RevisionMark.Pack(revision.Sub, isTombstone: true), 0, 0);
            return true;
        }
    }

    /// <summary>Writer: records a change read from the backend; the revisions of one key come in ascending order.</summary>
    public void Restore(ReadOnlySpan<byte> key, Revision revision, bool isTombstone, bool hasLease, long createRevision, long version)
    {
        lock (_writing)
        {
            IndexLeaf leaf = Descend(key, revision.Main);
            Change(leaf, leaf.Find(key), key, revision.Main, RevisionMark.Pack(revision.Sub, isTombstone, hasLease), createRevision, version);
        }
    }

    /// <summary>Drops what no read at <paramref name="atMain"/> or later can see, from a bounded part of the index.</summary>
    /// <param name="atMain">The compact revision.</param>
    /// <param name="resumeKey">Where to begin; <see langword="null"/> for the first part. Receives where the next part begins.</param>
    /// <returns><see langword="true"/> when this was the last part.</returns>
    public bool CompactSlice(long atMain, ref byte[]? resumeKey)
    {
        lock (_writing)
        {
            resumeKey = IndexCompaction.CompactSlice(ref _root, _path, resumeKey ?? [], atMain);
            return resumeKey is null;
        }
    }

    private static long Collect(
        IndexNode node,
        in KeyRange range,
        bool lowerInside,
        bool upperInside,
        long atMain,
        int collectMax,
        ref RevisionList revisions,
        CollectedKeys? keys)
    {
        if (lowerInside && upperInside && revisions.Count >= collectMax && node.TryCountAt(atMain, out long live))
        {
            return live;
        }

        if (node is IndexLeaf leaf)
        {
            return leaf.Collect(range, atMain, collectMax, ref revisions, keys);
        }

        var inner = (IndexInner)node;
        int first = lowerInside ? 0 : inner.PositionOf(range.From);
        int last = upperInside ? inner.ChildCount - 1 : inner.PositionOf(range.End);
        long count = 0;
        for (int at = first; at <= last; at++)
        {
            count += Collect(
                inner.Child(at), range, lowerInside || at > first, upperInside || at < last, atMain, collectMax, ref revisions, keys);
        }

        return count;
    }

    private static int CountLeaves(IndexNode node)
    {
        int count = 0;
        for (int at = 0; node is IndexInner inner && at < inner.ChildCount; at++)
        {
            count += CountLeaves(inner.Child(at));
        }

        return node is IndexLeaf ? 1 : count;
    }

    private static void CopyKeys(
        IndexNode node, in KeyRange range, bool lowerInside, bool upperInside, long atMain, List<byte[]> keys)
    {
        if (node is IndexLeaf leaf)
        {
            leaf.CopyKeys(range, atMain, keys);
            return;
        }

        var inner = (IndexInner)node;
        int first = lowerInside ? 0 : inner.PositionOf(range.From);
        int last = upperInside ? inner.ChildCount - 1 : inner.PositionOf(range.End);
        for (int at = first; at <= last; at++)
        {
            CopyKeys(inner.Child(at), range, lowerInside || at > first, upperInside || at < last, atMain, keys);
        }
    }

    private IndexLeaf LeafOf(ReadOnlySpan<byte> key)
    {
        IndexNode node = Volatile.Read(ref _root);
        while (node is IndexInner inner)
        {
            node = inner.Child(inner.PositionOf(key));
        }

        return (IndexLeaf)node;
    }

    private IndexLeaf Descend(ReadOnlySpan<byte> key, long main)
    {
        IndexLeaf leaf = _path.Descend(_root, key);
        _path.AnnounceChange(main);
        leaf.AnnounceChange(main);
        return leaf;
    }

    private void Change(
        IndexLeaf leaf, int at, ReadOnlySpan<byte> key, long main, int subAndKind, long createRevision, long version)
    {
        bool wasLive = at >= 0 && !leaf.SlotAt(at).IsTombstone;
        if (at >= 0)
        {
            leaf.Supersede(at, main, subAndKind, createRevision, version);
        }

        int liveChange = (subAndKind < 0 ? 0 : 1) - (wasLive ? 1 : 0);
        if (liveChange != 0)
        {
            _path.AddLive(liveChange);
            leaf.AddLive(liveChange);
        }

        if (at < 0)
        {
            var slot = new IndexSlot { Main = main, SubAndKind = subAndKind, CreateRevision = createRevision, Version = version };
            Insert(leaf, ~at, key, slot);
        }
    }

    private void Insert(IndexLeaf leaf, int at, ReadOnlySpan<byte> key, in IndexSlot slot)
    {
        if (leaf.Count < IndexLeaf.KeysMax)
        {
            leaf.Insert(at, key, slot);
            return;
        }

        // Ascending keys leave full leaves behind, others halves.
        int middle = at == leaf.Count && _path.IsRightmost ? leaf.Count : leaf.Count / 2;
        IndexLeaf left = leaf.Slice(0, middle);
        IndexLeaf right = leaf.Slice(middle, leaf.Count - middle);
        if (at < middle || (at == middle && middle < leaf.Count))
        {
            left.Insert(at, key, slot);
            left.AddLive(slot.IsTombstone ? 0 : 1);
        }
        else
        {
            right.Insert(at - middle, key, slot);
            right.AddLive(slot.IsTombstone ? 0 : 1);
        }

        left.AnnounceChange(slot.Main);
        right.AnnounceChange(slot.Main);
        _path.ReplaceWithTwo(ref _root, left, left.SeparatorBefore(right), right);
    }
}
