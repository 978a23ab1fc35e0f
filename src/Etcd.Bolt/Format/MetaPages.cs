using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;

using Etcd.Disk;

namespace Etcd.Bolt.Format;

/// <summary>Finds the newest valid version of a file from its two meta pages.</summary>
internal static class MetaPages
{
    /// <summary>Reads both metas and takes the valid one with the larger transaction id.</summary>
    /// <param name="file">The database file.</param>
    /// <param name="slot">Page, 0 or 1, that the returned meta was found in. In a snapshot copy it may be either.</param>
    /// <exception cref="CorruptDatabaseException">Neither is valid, or the one taken describes an impossible file.</exception>
    internal static Meta ReadNewest(IFile file, out int slot)
    {
        int pageSize = FindPageSize(file);
        bool firstIsValid = TryReadAt(file, 0, out Meta first) && first.PageSizeBytes == pageSize;
        bool secondIsValid = TryReadAt(file, pageSize, out Meta second) && second.PageSizeBytes == pageSize;
        slot = !firstIsValid || (secondIsValid && second.TransactionId > first.TransactionId) ? 1 : 0;
        Meta newest = slot == 0 ? first : second;
        CheckPlausible(file, newest, (long)slot * pageSize);
        return newest;
    }

    /// <summary>What is wrong with the two meta pages of a file of which <see cref="ReadNewest"/> has taken one.</summary>
    /// <remarks>An opened file does without the other one, which the next commit writes anew. If that was the newer one, the file has lost a version.</remarks>
    internal static IReadOnlyList<DatabaseFault> Faults(IFile file, int pageSizeBytes)
    {
        List<DatabaseFault> faults = [];
        for (int slot = 0; slot < (int)PageFormat.MetaPages; slot++)
        {
            long offset = (long)slot * pageSizeBytes;
            if (!TryReadAt(file, offset, out Meta meta) || meta.PageSizeBytes != pageSizeBytes)
            {
                faults.Add(new DatabaseFault(
                    offset, $"meta page {slot} is not valid: the version that the other one names is taken, whichever is newer", IsTorn: true));
            }
            else if (!HasItsHeader(file, slot, offset))
            {
                faults.Add(new DatabaseFault(offset, $"meta page {slot} has another header than a meta page"));
            }
        }

        return faults;
    }

    // The checksum does not cover it.
    private static bool HasItsHeader(IFile file, int slot, long offset)
    {
        Span<byte> expected = stackalloc byte[PageFormat.HeaderBytes];
        PageFormat.WriteHeader(expected, (ulong)slot, PageFormat.MetaFlag, count: 0, overflow: 0);
        Span<byte> found = stackalloc byte[PageFormat.HeaderBytes];
        file.Read(found, offset);
        return found.SequenceEqual(expected);
    }

    /// <summary>The first meta tells the page size. When it is damaged, the second is looked for at every size there can be.</summary>
    private static int FindPageSize(IFile file)
    {
        if (TryReadAt(file, 0, out Meta first) && IsPageSize(first.PageSizeBytes))
        {
            return first.PageSizeBytes;
        }

        for (int pageSize = PageFormat.PageSizeBytesMin; pageSize <= PageFormat.PageSizeBytesMax; pageSize *= 2)
        {
            if (TryReadAt(file, pageSize, out Meta second) && second.PageSizeBytes == pageSize)
            {
                return pageSize;
            }
        }

        throw new CorruptDatabaseException(file.Path, 0, "a meta page of bbolt format version 2 with a matching checksum", Describe(file));
    }

    private static bool TryReadAt(IFile file, long offset, out Meta meta)
    {
        Span<byte> page = stackalloc byte[Meta.SizeBytes];
        int read = file.Read(page, offset);
        return Meta.TryRead(page[..read], out meta);
    }

    private static bool IsPageSize(int bytes) =>
        bytes is >= PageFormat.PageSizeBytesMin and <= PageFormat.PageSizeBytesMax && BitOperations.IsPow2(bytes);

    /// <summary>A meta whose checksum fits can still have been made by hand: every number in it is checked before use.</summary>
    private static void CheckPlausible(IFile file, in Meta meta, long offset)
    {
        long length = file.Length;
        if (meta.HighWater <= PageFormat.MetaPages || meta.HighWater > (ulong)(length / meta.PageSizeBytes))
        {
            throw new CorruptDatabaseException(
                file.Path,
                offset + 56,
                $"a high-water mark of {PageFormat.MetaPages + 1} to {length / meta.PageSizeBytes} pages, as the file has {length} bytes",
                $"{meta.HighWater}");
        }

        if (meta.RootPageId < PageFormat.MetaPages || meta.RootPageId >= meta.HighWater)
        {
            throw new CorruptDatabaseException(
                file.Path, offset + 32, $"a root page below {meta.HighWater}", $"page {meta.RootPageId}");
        }

        if (meta.FreelistPageId != PageFormat.NoFreelist
            && (meta.FreelistPageId < PageFormat.MetaPages || meta.FreelistPageId >= meta.HighWater))
        {
            throw new CorruptDatabaseException(
                file.Path, offset + 48, $"a freelist page below {meta.HighWater}, or none", $"page {meta.FreelistPageId}");
        }
    }

    private static string Describe(IFile file)
    {
        Span<byte> page = stackalloc byte[Meta.SizeBytes];
        int read = file.Read(page, 0);
        if (read < Meta.SizeBytes)
        {
            return string.Create(CultureInfo.InvariantCulture, $"a file of {file.Length} bytes");
        }

        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(page[16..24]);
        return string.Create(CultureInfo.InvariantCulture, $"magic 0x{words[0]:X8}, version {words[1]}");
    }
}
