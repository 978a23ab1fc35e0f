using System.Buffers.Binary;

using Etcd.Bolt.Format;

namespace Etcd.Bolt.Pages;

/// <summary>The freelist page: ids of free pages, and of pages that were waiting for readers, ascending.</summary>
/// <remarks>The header's count is the number of ids; 0xFFFF means that the number is the first of the 64-bit words instead.</remarks>
internal static class StoredFreelist
{
    private const int NumberFollows = 0xFFFF;

    /// <summary>Reads the list at page <paramref name="id"/>.</summary>
    /// <exception cref="CorruptDatabaseException">It is no freelist, or an id in it is impossible.</exception>
    internal static PageBitmap Read(PageSource pages, ulong id, ulong highWater)
    {
        ReadOnlySpan<byte> run = pages.Run(id, out uint flagsAndCount);
        long offset = (long)id * pages.PageSizeBytes;
        if ((ushort)flagsAndCount != PageFormat.FreelistFlag)
        {
            throw pages.Corrupt(offset + 8, "page flags 0x10 (freelist)", $"0x{(ushort)flagsAndCount:X}");
        }

        ulong count = flagsAndCount >> 16;
        ReadOnlySpan<byte> ids = run[PageFormat.HeaderBytes..];
        if (count == NumberFollows)
        {
            count = BinaryPrimitives.ReadUInt64LittleEndian(ids);
            ids = ids[sizeof(ulong)..];
        }

        if (count > (ulong)(ids.Length / sizeof(ulong)))
        {
            throw pages.Corrupt(offset + PageFormat.HeaderBytes, $"page ids that fit into {ids.Length} bytes", $"{count} ids");
        }

        var free = new PageBitmap(highWater);
        for (int i = 0; i < (int)count; i++)
        {
            ulong page = BinaryPrimitives.ReadUInt64LittleEndian(ids[(i * sizeof(ulong))..]);
            if (page < PageFormat.MetaPages || page >= highWater || !free.TryAdd(page))
            {
                throw pages.Corrupt(
                    offset + PageFormat.HeaderBytes,
                    $"free page ids from {PageFormat.MetaPages} to {highWater - 1}, each once",
                    $"page {page}");
            }
        }

        return free;
    }

    /// <summary>Pages that a list of <paramref name="count"/> ids takes.</summary>
    internal static int PagesFor(ulong count, int pageSizeBytes)
    {
        ulong words = count < NumberFollows ? count : count + 1;
        return checked((int)((PageFormat.HeaderBytes + (words * sizeof(ulong))) / (ulong)pageSizeBytes)) + 1;
    }

    /// <summary>Writes <paramref name="free"/> as the run of pages <paramref name="id"/>.</summary>
    internal static void Write(PageBitmap free, ulong id, Span<byte> run, int pageSizeBytes)
    {
        run.Clear();
        int count = (int)Math.Min(free.Count, NumberFollows);
        PageFormat.WriteHeader(run, id, PageFormat.FreelistFlag, count, (run.Length / pageSizeBytes) - 1);
        Span<byte> words = run[PageFormat.HeaderBytes..];
        if (count == NumberFollows)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(words, free.Count);
            words = words[sizeof(ulong)..];
        }

        for (ulong page = free.NextMember(0); page != PageBitmap.None; page = free.NextMember(page + 1))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(words, page);
            words = words[sizeof(ulong)..];
        }
    }
}
