namespace Etcd.Mvcc;

/// <summary>Changes of bucket <c>key</c> that are not in the file yet, by ascending revision. One thread appends, any thread reads.</summary>
/// <remarks>Chunks keep the arrays off the large object heap: a log lives for one commit interval only.</remarks>
internal sealed class KeyLog
{
    private const int ChunkBits = 10;
    private const int ChunkLength = 1 << ChunkBits;
    private Entry[][] _chunks = new Entry[16][];
    private int _count;

    /// <summary>How many changes may be read; all below never change.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Appends a change later than all before.</summary>
    public void Append(Revision revision, bool isTombstone, byte[] record)
    {
        int at = _count;
        if (at > 0 && this[at - 1].Revision >= revision)
        {
            throw new InvalidOperationException($"revision {revision} written after {this[at - 1].Revision}");
        }

        int chunk = at >> ChunkBits;
        if (chunk == _chunks.Length)
        {
            Entry[][] larger = new Entry[chunk * 2][];
            _chunks.CopyTo(larger, 0);
            Volatile.Write(ref _chunks, larger);
        }

        _chunks[chunk] ??= new Entry[ChunkLength];
        _chunks[chunk][at & (ChunkLength - 1)] = new Entry(revision.Main, RevisionMark.Pack(revision.Sub, isTombstone), record);
        Volatile.Write(ref _count, at + 1);
    }

    /// <summary>The change at a position below <see cref="Count"/>.</summary>
    public ref readonly Entry this[int at] => ref Volatile.Read(ref _chunks)[at >> ChunkBits][at & (ChunkLength - 1)];

    /// <summary>Finds the change of exactly this revision.</summary>
    public bool TryGet(Revision revision, out ReadOnlySpan<byte> record)
    {
        int at = PositionOf(revision);
        if (at < Count && this[at].Revision == revision)
        {
            record = this[at].Record;
            return true;
        }

        record = default;
        return false;
    }

    /// <summary>Position of the first change not before <paramref name="revision"/>; <see cref="Count"/> when there is none.</summary>
    public int PositionOf(Revision revision)
    {
        int low = 0;
        int high = Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            if (this[middle].Revision < revision)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    /// <summary>One change.</summary>
    internal readonly struct Entry(long main, int subAndKind, byte[] record)
    {
        private readonly long _main = main;
        private readonly int _subAndKind = subAndKind;

        /// <summary>The stored value.</summary>
        public readonly byte[] Record = record;

        /// <summary>When it was made.</summary>
        public Revision Revision => new(_main, _subAndKind & ~RevisionMark.TombstoneBit);

        /// <summary>Whether it deleted its key.</summary>
        public bool IsTombstone => _subAndKind < 0;
    }
}
