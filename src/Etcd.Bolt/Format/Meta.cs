using System.Buffers.Binary;

namespace Etcd.Bolt.Format;

/// <summary>What one of the two meta pages says: a complete version of the database hangs from it.</summary>
/// <param name="PageSizeBytes">Page size the file was made with.</param>
/// <param name="RootPageId">Root page of the top-level bucket, whose keys are bucket names.</param>
/// <param name="RootSequence">Sequence of the top-level bucket; 0 in etcd.</param>
/// <param name="FreelistPageId">Page of the stored freelist, or <see cref="PageFormat.NoFreelist"/>.</param>
/// <param name="HighWater">First page id never allocated.</param>
/// <param name="TransactionId">Id of the transaction that committed this version.</param>
/// <remarks>
/// <code>
/// | 16 magic u32 | 20 version u32 | 24 page size u32 | 28 flags u32 | 32 root u64 | 40 sequence u64 |
/// | 48 freelist u64 | 56 high water u64 | 64 transaction id u64 | 72 FNV-1a of bytes 16..71 |
/// </code>
/// </remarks>
internal readonly record struct Meta(
    int PageSizeBytes,
    ulong RootPageId,
    ulong RootSequence,
    ulong FreelistPageId,
    ulong HighWater,
    ulong TransactionId)
{
    /// <summary>Bytes of a meta page that carry something, header included; the rest is zero.</summary>
    internal const int SizeBytes = 80;

    internal const uint Magic = 0xED0CDAED;
    internal const uint Version = 2;
    private const int BodyStart = PageFormat.HeaderBytes;
    private const int ChecksumStart = 72;

    /// <summary>The page, 0 or 1, that a commit of this version writes. Consecutive transactions alternate.</summary>
    internal int Slot => (int)(TransactionId & 1);

    /// <summary>Size of the database: pages below the high-water mark. The file may be longer.</summary>
    internal long DatabaseBytes => checked((long)HighWater * PageSizeBytes);

    /// <summary>Reads a meta page; <see langword="false"/> when magic, version or checksum do not fit.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> page, out Meta meta)
    {
        meta = default;
        if (page.Length < SizeBytes
            || BinaryPrimitives.ReadUInt32LittleEndian(page[16..]) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(page[20..]) != Version
            || BinaryPrimitives.ReadUInt64LittleEndian(page[ChecksumStart..]) != Checksum(page))
        {
            return false;
        }

        uint pageSize = BinaryPrimitives.ReadUInt32LittleEndian(page[24..]);
        meta = new Meta(
            (int)Math.Min(pageSize, int.MaxValue),
            BinaryPrimitives.ReadUInt64LittleEndian(page[32..]),
            BinaryPrimitives.ReadUInt64LittleEndian(page[40..]),
            BinaryPrimitives.ReadUInt64LittleEndian(page[48..]),
            BinaryPrimitives.ReadUInt64LittleEndian(page[56..]),
            BinaryPrimitives.ReadUInt64LittleEndian(page[64..]));
        return true;
    }

    /// <summary>Writes the whole of meta page <paramref name="slot"/>.</summary>
    internal void WriteTo(Span<byte> page, int slot)
    {
        page.Clear();
        PageFormat.WriteHeader(page, (ulong)slot, PageFormat.MetaFlag, count: 0, overflow: 0);
        BinaryPrimitives.WriteUInt32LittleEndian(page[16..], Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(page[20..], Version);
        BinaryPrimitives.WriteUInt32LittleEndian(page[24..], (uint)PageSizeBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(page[32..], RootPageId);
        BinaryPrimitives.WriteUInt64LittleEndian(page[40..], RootSequence);
        BinaryPrimitives.WriteUInt64LittleEndian(page[48..], FreelistPageId);
        BinaryPrimitives.WriteUInt64LittleEndian(page[56..], HighWater);
        BinaryPrimitives.WriteUInt64LittleEndian(page[64..], TransactionId);
        BinaryPrimitives.WriteUInt64LittleEndian(page[ChecksumStart..], Checksum(page));
    }

    private static ulong Checksum(ReadOnlySpan<byte> page) => Fnv1a.Hash(page[BodyStart..ChecksumStart]);
}
