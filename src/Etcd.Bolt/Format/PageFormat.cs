using System.Buffers.Binary;

namespace Etcd.Bolt.Format;

/// <summary>Sizes, flags and limits of bbolt's file format. All integers in it are little-endian.</summary>
/// <remarks>
/// A page begins with this header; a run of pages that holds one node has it only once, on its first page:
/// <code>
/// | 0 id u64 | 8 flags u16 | 10 count u16 | 12 overflow u32: pages of the run after this one | 16 elements, then data |
/// </code>
/// </remarks>
internal static class PageFormat
{
    internal const int HeaderBytes = 16;
    internal const int ElementBytes = 16;

    internal const ushort BranchFlag = 0x01;
    internal const ushort LeafFlag = 0x02;
    internal const ushort MetaFlag = 0x04;
    internal const ushort FreelistFlag = 0x10;

    /// <summary>Flag of a leaf element whose value is a bucket.</summary>
    internal const uint BucketElementFlag = 1;

    /// <summary>Root page id and sequence, at the start of a bucket's value.</summary>
    internal const int BucketHeaderBytes = 16;

    /// <summary>The first pages of a file, which hold the two metas and are never part of a tree.</summary>
    internal const ulong MetaPages = 2;

    /// <summary>Value of the meta's freelist field when no freelist is stored.</summary>
    internal const ulong NoFreelist = ulong.MaxValue;

    internal const int PageSizeBytesMin = 1024;
    internal const int PageSizeBytesMax = 16 << 20;

    /// <summary>Elements of one page; the count 0xFFFF is taken (a freelist page means "the number follows" by it).</summary>
    internal const int ElementsMax = 0xFFFE;

    /// <summary>A node is split only while it has more items than twice this, and no part gets fewer.</summary>
    internal const int SplitItemsMin = 2;

    /// <summary>Levels of one tree. A branch has two children or more and page ids fit in a <c>long</c>'s worth of
    /// bytes, so that a deeper tree can only be a damaged or hostile file, such as one whose pages form a ring.</summary>
    internal const int TreeDepthMax = 64;

    /// <summary>Levels of buckets inside buckets. bbolt has no limit; etcd uses one level.</summary>
    internal const int BucketDepthMax = 64;

    internal const int KeyBytesMax = 32768;

    /// <summary>Largest value that may be stored. The format would allow 2 GiB; four such values may share a run of pages,
    /// and a run must be addressable as one span.</summary>
    internal const int ValueBytesMax = 256 << 20;

    /// <summary>Pages that a node of <paramref name="sizeBytes"/> takes.</summary>
    internal static int PagesFor(long sizeBytes, int pageSizeBytes) => checked((int)((sizeBytes + pageSizeBytes - 1) / pageSizeBytes));

    /// <summary>Gives a page another id, and leaves the rest of it as it is.</summary>
    internal static void WriteId(Span<byte> page, ulong id) => BinaryPrimitives.WriteUInt64LittleEndian(page, id);

    internal static void WriteHeader(Span<byte> page, ulong id, ushort flags, int count, int overflow)
    {
        WriteId(page, id);
        BinaryPrimitives.WriteUInt16LittleEndian(page[8..], flags);
        BinaryPrimitives.WriteUInt16LittleEndian(page[10..], checked((ushort)count));
        BinaryPrimitives.WriteUInt32LittleEndian(page[12..], checked((uint)overflow));
    }
}
