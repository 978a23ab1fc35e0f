using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

using Etcd.Bolt.Format;
using Etcd.Disk;

namespace Etcd.Bolt.Pages;

/// <summary>The committed pages of one version of the database, read through its memory map.</summary>
/// <remarks>Nothing read from a page is trusted: a page id must lie below the version's high-water mark, which was checked
/// against the file's length, since touching mapped memory beyond the end of the file kills the process.</remarks>
internal sealed class PageSource
{
    private readonly IFileMap _map;
    private readonly ulong _highWater;

    internal PageSource(IFileMap map, string file, int pageSizeBytes, ulong highWater)
    {
        _map = map;
        _highWater = highWater;
        File = file;
        PageSizeBytes = pageSizeBytes;
    }

    /// <summary>Path of the file, for errors.</summary>
    internal string File { get; }

    internal int PageSizeBytes { get; }

    /// <summary>Pages of the version, metas and free ones included.</summary>
    internal ulong PageCount => _highWater;

    /// <summary>The branch or leaf that begins at page <paramref name="id"/>.</summary>
    /// <exception cref="CorruptDatabaseException">There is no such page, or it is neither branch nor leaf.</exception>
    internal PageView TreePage(ulong id)
    {
        ReadOnlySpan<byte> bytes = Run(id, out uint flagsAndCount);
        ushort flags = (ushort)flagsAndCount;
        int count = (int)(flagsAndCount >> 16);
        if (flags is not (PageFormat.BranchFlag or PageFormat.LeafFlag)
            || PageFormat.HeaderBytes + (count * PageFormat.ElementBytes) > bytes.Length)
        {
            ThrowNoTreePage(id, flags, count, bytes.Length);
        }

        return new PageView(this, bytes, Offset(id), count, flags == PageFormat.LeafFlag);
    }

    /// <summary>The leaf inside the value of an inline bucket.</summary>
    /// <param name="page">The value without the bucket's header.</param>
    /// <param name="fileOffset">Where it lies in the file, for errors; -1 when it has never been written.</param>
    internal PageView InlinePage(ReadOnlySpan<byte> page, long fileOffset)
    {
        if (page.Length < PageFormat.HeaderBytes)
        {
            throw Corrupt(fileOffset, "an inline bucket's page of 16 bytes or more", $"{page.Length} bytes");
        }

        ushort flags = BinaryPrimitives.ReadUInt16LittleEndian(page[8..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(page[10..]);
        if (flags != PageFormat.LeafFlag || PageFormat.HeaderBytes + (count * PageFormat.ElementBytes) > page.Length)
        {
            throw Corrupt(
                fileOffset + 8, $"a leaf whose elements fit into {page.Length} bytes", $"flags 0x{flags:X}, {count} elements");
        }

        return new PageView(this, page, fileOffset, count, isLeaf: true);
    }

    /// <summary>The run of pages, of whatever kind, that begins at <paramref name="id"/>.</summary>
    internal PageRun RunAt(ulong id) => new(id, Run(id, out _).Length / PageSizeBytes);

    /// <summary>All bytes of the run that begins at page <paramref name="id"/>.</summary>
    /// <param name="id">First page.</param>
    /// <param name="flagsAndCount">The header's flags in the low half, its count in the high half.</param>
    internal ReadOnlySpan<byte> Run(ulong id, out uint flagsAndCount)
    {
        // The subtraction wraps for the meta pages 0 and 1, so that one comparison finds them too.
        if (id - PageFormat.MetaPages >= _highWater - PageFormat.MetaPages)
        {
            ThrowNoSuchPage(id);
        }

        ReadOnlySpan<byte> bytes = _map.Slice(Offset(id), PageSizeBytes);
        PageHead.Prefetch(bytes);
        flagsAndCount = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        uint overflow = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        ulong storedId = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        if (storedId != id)
        {
            ThrowOtherId(id, storedId);
        }

        return overflow == 0 ? bytes : _map.Slice(Offset(id), RunBytes(id, overflow));
    }

    /// <summary>Bytes of the file as memory, valid as long as the version is held.</summary>
    internal ReadOnlyMemory<byte> Memory(long offset, int length) => _map.SliceMemory(offset, length);

    /// <summary>The error for wrong bytes at <paramref name="offset"/> of the file.</summary>
    internal CorruptDatabaseException Corrupt(long offset, string expected, string found) => new(File, offset, expected, found);

    private long Offset(ulong id) => (long)id * PageSizeBytes;

    private int RunBytes(ulong id, uint overflow)
    {
        long bytes = (overflow + 1L) * PageSizeBytes;
        if (overflow >= _highWater - id || bytes > int.MaxValue)
        {
            throw Corrupt(Offset(id) + 12, $"a run of pages that ends below page {_highWater}", $"{overflow} pages after page {id}");
        }

        return (int)bytes;
    }

    // Each on its own, so that the building of their texts does not weigh on the methods that every lookup runs through.
    [DoesNotReturn]
    private void ThrowNoSuchPage(ulong id) => throw new CorruptDatabaseException(
        File,
        (long)Math.Min(id, long.MaxValue / (ulong)PageSizeBytes) * PageSizeBytes,
        $"every page reference from {PageFormat.MetaPages} to {_highWater - 1}",
        $"a reference to page {id}");

    [DoesNotReturn]
    private void ThrowOtherId(ulong id, ulong storedId) => throw Corrupt(Offset(id), $"page id {id}", $"{storedId}");

    [DoesNotReturn]
    private void ThrowNoTreePage(ulong id, ushort flags, int count, int length) => throw Corrupt(
        Offset(id) + 8,
        $"page flags 0x1 (branch) or 0x2 (leaf), and elements that fit into {length} bytes",
        $"flags 0x{flags:X}, {count} elements");
}
