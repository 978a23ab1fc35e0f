using Etcd.Disk;

namespace Etcd.Bolt.Format;

/// <summary>Makes the first four pages of a new file: two metas, an empty freelist, and an empty leaf as the root.</summary>
internal static class NewDatabase
{
    private const ulong FreelistPage = 2;
    private const ulong RootPage = 3;
    private const int Pages = 4;

    /// <summary>Whether the file is new, or its making was cut short by a crash: no meta is valid, and no byte in the first two
    /// pages is anything but zero or what its making writes there. The metas are written only when the other two pages are
    /// durable, and a file that was used once has a valid meta, so such a file has never held a version.</summary>
    internal static bool IsUnmade(IFile file, int pageSizeBytes)
    {
        if (file.Length > (long)Pages * pageSizeBytes)
        {
            return false;
        }

        int metaBytes = 2 * pageSizeBytes;
        byte[] found = new byte[metaBytes];
        file.Read(found, 0);
        if (Meta.TryRead(found, out _) || Meta.TryRead(found.AsSpan(pageSizeBytes), out _))
        {
            return false;
        }

        byte[] made = MakePages(pageSizeBytes);
        for (int i = 0; i < metaBytes; i++)
        {
            if (found[i] != 0 && found[i] != made[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Writes the pages; durable when it returns.</summary>
    internal static void Write(IFile file, int pageSizeBytes)
    {
        byte[] pages = MakePages(pageSizeBytes);
        int metaBytes = 2 * pageSizeBytes;
        file.Write(pages.AsSpan(metaBytes), metaBytes);
        file.Sync();
        file.Write(pages.AsSpan(0, metaBytes), 0);
        file.Sync();
    }

    private static byte[] MakePages(int pageSizeBytes)
    {
        byte[] pages = new byte[Pages * pageSizeBytes];
        for (int slot = 0; slot < 2; slot++)
        {
            var meta = new Meta(pageSizeBytes, RootPage, RootSequence: 0, FreelistPage, HighWater: Pages, TransactionId: (ulong)slot);
            meta.WriteTo(Page(pages, (ulong)slot, pageSizeBytes), slot);
        }

        PageFormat.WriteHeader(Page(pages, FreelistPage, pageSizeBytes), FreelistPage, PageFormat.FreelistFlag, 0, 0);
        PageFormat.WriteHeader(Page(pages, RootPage, pageSizeBytes), RootPage, PageFormat.LeafFlag, 0, 0);
        return pages;
    }

    private static Span<byte> Page(byte[] pages, ulong id, int pageSizeBytes) =>
        pages.AsSpan((int)id * pageSizeBytes, pageSizeBytes);
}
