using System.Buffers.Binary;

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
        uint position = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[(element + _positionField)..]);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[(element + _positionField + 4)..]);
        ulong start = (uint)element + (ulong)position;
        if (start + length > (uint)_bytes.Length)
        {
            throw OutsidePage(element, start, length);
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
            throw OutsidePage(element, (ulong)start, length);
        }

        return (start, (int)length);
    }

    /// <summary>Whether a leaf's value is a bucket.</summary>
    internal bool IsBucket(int index)
    {
        int element = Element(index);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[element..]);
        return flags switch
        {
            0 => false,
            PageFormat.BucketElementFlag => true,
            _ => throw _source.Corrupt(FileOffset + element, "element flags 0 or 1", $"{flags}"),
        };
    }

    /// <summary>Page id of a branch's child.</summary>
    internal ulong Child(int index) => BinaryPrimitives.ReadUInt64LittleEndian(_bytes[(Element(index) + 8)..]);

    /// <summary>Index of the first element whose key is not before <paramref name="key"/>; <see cref="Count"/> if there is none.</summary>
    internal int LowerBound(ReadOnlySpan<byte> key, out bool isExact)
    {
        int low = 0;
        int high = Count;
        while (low < high)
        {
            int middle = (int)((uint)(low + high) >> 1);
            int order = KeyOrder.Compare(Key(middle), key);
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

    /// <summary>Index of the branch element under which <paramref name="key"/> belongs: the last whose key is not after it.
    /// Smaller keys than all belong under the first.</summary>
    internal int ChildIndex(ReadOnlySpan<byte> key)
    {
        if (Count == 0)
        {
            throw _source.Corrupt(FileOffset + 10, "a branch with children", "0 elements");
        }

        int index = LowerBound(key, out bool isExact);
        return isExact || index == 0 ? index : index - 1;
    }

    private static int Element(int index) => PageFormat.HeaderBytes + (index * PageFormat.ElementBytes);

    private CorruptDatabaseException OutsidePage(int element, ulong start, uint length) => _source.Corrupt(
        FileOffset + element, $"data inside the {_bytes.Length} bytes of its page", $"{length} bytes at {start} of the page");
}
