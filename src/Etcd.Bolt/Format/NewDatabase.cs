using Etcd.Disk;

namespace Etcd.Bolt.Format;

/// <summary>Makes the first four pages of a new file: two metas, an empty freelist, and an empty leaf as the root.</summary>
internal static class NewDatabase
{
    private const ulong FreelistPage = 2;
    private const ulong RootPage = 3;
    private const int Pages = 4;

    /// <summary>Whether the file is new, or its making was cut short by a crash. The metas are written only when the other two
    /// pages are durable, so that a file of four pages or fewer without a byte in the first two has never held a version.</summary>
    internal static bool IsUnmade(IFile file, int pageSizeBytes)
    {
        if (file.Length > (long)Pages * pageSizeBytes)
        {
            return false;
        }

        byte[] metas = new byte[2 * pageSizeBytes];
        int read = file.Read(metas, 0);
        return !metas.AsSpan(0, read).ContainsAnyExcept((byte)0);
    }

    /// <summary>Writes the pages; durable when it returns.</summary>
    internal static void Write(IFile file, int pageSizeBytes)
    {
        byte[] pages = new byte[Pages * pageSizeBytes];
        PageFormat.WriteHeader(Page(pages, FreelistPage, pageSizeBytes), FreelistPage, PageFormat.FreelistFlag, 0, 0);
        PageFormat.WriteHeader(Page(pages, RootPage, pageSizeBytes), RootPage, PageFormat.LeafFlag, 0, 0);
        for (int slot = 0; slot < 2; slot++)
        {
            var meta = new Meta(pageSizeBytes, RootPage, RootSequence: 0, FreelistPage, HighWater: Pages, TransactionId: (ulong)slot);
            meta.WriteTo(Page(pages, (ulong)slot, pageSizeBytes), slot);
        }

        int metaBytes = 2 * pageSizeBytes;
        file.Write(pages.AsSpan(metaBytes), metaBytes);
        file.Sync();
        file.Write(pages.AsSpan(0, metaBytes), 0);
        file.Sync();
    }

    private static Span<byte> Page(byte[] pages, ulong id, int pageSizeBytes) =>
        pages.AsSpan((int)id * pageSizeBytes, pageSizeBytes);
}
