using Etcd.Bolt.Format;
using Etcd.Bolt.Pages;

namespace Etcd.Bolt.Tree;

/// <summary>A branch or leaf in the memory of a write transaction. It replaces a committed run of pages, which is never
/// changed in place. It may hold far more than a page until the commit splits it.</summary>
internal abstract class Node
{
    /// <summary>The run that this node replaces; count 0 for a new node.</summary>
    internal PageRun Replaced { get; init; }

    /// <summary>Whether items were removed, so that the commit looks at whether it should be merged with a neighbour.</summary>
    internal bool HasShrunk { get; private protected set; }

    internal abstract bool IsLeaf { get; }

    internal abstract int Count { get; }

    /// <summary>Bytes it takes in one run of pages, header included.</summary>
    internal long SizeBytes { get; private protected set; } = PageFormat.HeaderBytes;

    internal abstract ReadOnlyMemory<byte> Key(int index);

    /// <summary>Bytes that one item takes: element, key and value.</summary>
    internal abstract long ItemBytes(int index);

    /// <summary>Moves all items of the right neighbour, whose keys are all larger, to the end of this node.</summary>
    internal abstract void Absorb(Node right);

    /// <summary>Writes the items from <paramref name="start"/> to, without, <paramref name="end"/> as a run of pages, all of it.</summary>
    internal abstract void WriteTo(Span<byte> run, ulong id, int overflow, int start, int end);

    /// <summary>Gives the memory of the items back. The node is unusable then.</summary>
    internal abstract void Release();

    /// <summary>Index of the first item whose key is not before <paramref name="key"/>; <see cref="Count"/> if there is none.</summary>
    internal int LowerBound(ReadOnlySpan<byte> key, out bool isExact)
    {
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (int)((uint)(low + high) >> 1);
            int order = KeyOrder.Compare(Key(middle).Span, key);
            if (order == 0)
            {
                isExact = true;
                return middle;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        isExact = false;
        return low;
    }
}
