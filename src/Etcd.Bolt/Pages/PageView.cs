using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

using Etcd.Bolt.Format;

namespace Etcd.Bolt.Pages;

/// <summary>A branch or leaf as it lies in the file. Reading it allocates nothing and trusts no length in it.</summary>
/// <remarks>
/// <code>
/// leaf element:   | 0 flags u32 | 4 pos u32 | 8 key bytes u32 | 12 value bytes u32 |   the value follows the key
/// branch element: | 0 pos u32 | 4 key bytes u32 | 8 page id u64 |
/// </code>
/// pos counts from the start of its own element.
/// </remarks>
internal readonly ref struct PageView
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly PageSource _source;
    private readonly int _positionField;

    /// <summary>Wraps bytes whose header was checked and which have room for <paramref name="count"/> elements.</summary>
    internal PageView(PageSource source, ReadOnlySpan<byte> bytes, long fileOffset, int count, bool isLeaf)
    {
        _bytes = bytes;
        _source = source;
        _positionField = isLeaf ? 4 : 0;
        FileOffset = fileOffset;
        Count = count;
    }

    /// <summary>Where the page begins in the file.</summary>
    internal long FileOffset { get; }

    internal int Count { get; }

    internal bool IsLeaf => _positionField != 0;

    internal int Length => _bytes.Length;

    internal ReadOnlySpan<byte> Key(int index)
    {
        (int start, int length) = KeyRange(index);
        return _bytes.Slice(start, length);
    }

    internal ReadOnlySpan<byte> Value(int index)
    {
        (int start, int length) = ValueRange(index);
        return _bytes.Slice(start, length);
    }

    /// <summary>Start, within the page, and length of a key.</summary>
    internal (int Start, int Length) KeyRange(int index)
    {
        int element = Element(index);

        // Position and length lie side by side, and are read as one.
        ulong field = BinaryPrimitives.ReadUInt64LittleEndian(_bytes[(element + _positionField)..]);
        ulong start = (uint)element + (ulong)(uint)field;
        ulong length = field >> 32;
        if (start + length > (uint)_bytes.Length)
        {
            ThrowOutsidePage(element, start, length);
        }

        return ((int)start, (int)length);
    }

    /// <summary>Start, within the page, and length of a leaf's value.</summary>
    internal (int Start, int Length) ValueRange(int index)
    {
        int element = Element(index);
        (int keyStart, int keyLength) = KeyRange(index);
        int start = keyStart + keyLength;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[(element + 12)..]);
        if (length > (uint)(_bytes.Length - start))
        {
            ThrowOutsidePage(element, (ulong)start, length);
        }

        return (start, (int)length);
    }

    /// <summary>Whether a leaf's value is a bucket.</summary>
    internal bool IsBucket(int index)
    {
        int element = Element(index);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[element..]);
        if (flags > PageFormat.BucketElementFlag)
        {
            ThrowUnknownFlags(element, flags);
        }

        return flags == PageFormat.BucketElementFlag;
    }

    /// <summary>Page id of a branch's child.</summary>
    internal ulong Child(int index) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[(Element(index) + 8)..]);

    /// <summary>Index of the first element whose key is not before <paramref name="key"/>; <see cref="Count"/> if there is none.</summary>
    /// <param name="key">The key.</param>
    /// <param name="bounds">What is known of the page's keys; a wrong guess costs time, nothing else.</param>
    /// <param name="isExact">Whether the element has that very key.</param>
    /// <remarks>Begins where the key should lie if keys are spread evenly, and goes on from there in growing steps. In a tree that
    /// does not fit the processor's caches each probe waits for memory, and revision keys are spread so evenly that the first
    /// probe mostly hits: half the time of a plain binary search, which is what is left when keys share their first bytes.</remarks>
    internal int LowerBound(ReadOnlySpan<byte> key, in KeyBounds bounds, out bool isExact)
    {
        int low = 0;
        int high = Count;
        int stride = 1;
        ulong head = KeyBounds.Head(key);
        int probe = bounds.IsOpen && high > 0
            ? bounds.CappedBy(Key(high - 1)).Guess(head, high)
            : bounds.Guess(head, high);
        while (low < high)
        {
            int order = Compare(probe, key, head);
            if (order == 0)
            {
                isExact = true;
                return probe;
            }

            if (order < 0)
            {
                low = probe + 1;
            }
            else
            {
                high = probe;
            }

            if (low > 0 && high < Count)
            {
                probe = (int)((uint)(low + high) >> 1);
            }
            else
            {
                probe = low > 0 ? Math.Min(low + stride, Count) - 1 : Math.Max(high - stride, 0);
                stride *= 2;
            }
        }

        isExact = false;
        return low;
    }

    /// <summary>Index of the branch element under which <paramref name="key"/> belongs: the last whose key is not after it.
    /// Smaller keys than all belong under the first.</summary>
    /// <param name="key">The key.</param>
    /// <param name="bounds">What is known of the page's keys; afterwards, what is known of the child's.</param>
    internal int ChildIndex(ReadOnlySpan<byte> key, ref KeyBounds bounds)
    {
        if (Count == 0)
        {
            ThrowNoChildren();
        }

        int index = LowerBound(key, bounds, out bool isExact);
        if (!isExact && index > 0)
        {
            index--;
        }

        bounds = KeyBounds.OfChild(Key(index), index + 1 < Count ? Key(index + 1) : default);
        return index;
    }

    /// <summary>Refuses a page that must not be written on from: with keys out of order, searches would go astray.</summary>
    /// <exception cref="CorruptDatabaseException">The keys do not ascend.</exception>
    internal void CheckKeysAscend()
    {
        for (int i = 1; i < Count; i++)
        {
            if (KeyOrder.Compare(Key(i - 1), Key(i)) >= 0)
            {
                throw _source.Corrupt(FileOffset + Element(i), "a key after the one before it", Convert.ToHexString(Key(i)));
            }
        }
    }

    /// <summary>Compares an element's key with <paramref name="key"/>, whose first bytes are <paramref name="head"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Compare(int index, ReadOnlySpan<byte> key, ulong head)
    {
        ReadOnlySpan<byte> candidate = Key(index);
        if (candidate.Length >= sizeof(ulong) && key.Length >= sizeof(ulong))
        {
            ulong candidateHead = BinaryPrimitives.ReadUInt64BigEndian(candidate);
            if (candidateHead != head)
            {
                return candidateHead < head ? -1 : 1;
            }
        }

        return candidate.SequenceCompareTo(key);
    }

    private static int Element(int index) => PageFormat.HeaderBytes + (index * PageFormat.ElementBytes);

    [DoesNotReturn]
    private void ThrowOutsidePage(int element, ulong start, ulong length) => throw _source.Corrupt(
        FileOffset + element, $"data inside the {_bytes.Length} bytes of its page", $"{length} bytes at {start} of the page");

    [DoesNotReturn]
    private void ThrowUnknownFlags(int element, uint flags) =>
        throw _source.Corrupt(FileOffset + element, "element flags 0 or 1", $"{flags}");

    [DoesNotReturn]
    private void ThrowNoChildren() => throw _source.Corrupt(FileOffset + 10, "a branch with children", "0 elements");
}
