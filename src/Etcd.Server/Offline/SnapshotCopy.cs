using Etcd.Disk;

namespace Etcd.Server.Offline;

/// <summary>Copies the database at the beginning of a file.</summary>
internal static class SnapshotCopy
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Writes the database into a file of its own and syncs it.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="snapshot">What is copied; it is read once.</param>
    /// <param name="databaseBytes">Bytes of the database.</param>
    /// <param name="path">The file to make.</param>
    /// <param name="checksum">Sees what is copied, and is asked before the sync; <see langword="null"/> copies it unseen.</param>
    /// <param name="progress">Told the share that is done.</param>
    /// <exception cref="OfflineException">The checksum is wrong, or the snapshot shrank. What was written stays for the caller to delete.</exception>
    internal static void Write(
        IFileSystem disk, IFile snapshot, long databaseBytes, string path, SnapshotChecksum? checksum, IProgress<double>? progress)
    {
        using IFile target = disk.Open(path, FileOpening.CreateNew);
        var writeBack = new PacedWriteBack(target);
        byte[] piece = new byte[PieceBytes];
        for (long offset = 0; offset < databaseBytes; offset += piece.Length)
        {
            Span<byte> part = piece.AsSpan(0, (int)Math.Min(piece.Length, databaseBytes - offset));
            if (snapshot.Read(part, offset) != part.Length)
            {
                throw new OfflineException($"{snapshot.Path}: shrank while it was read");
            }

            checksum?.Append(part);
            target.Write(part, offset);
            writeBack.WrittenTo(offset + part.Length);
            progress?.Report((double)(offset + part.Length) / databaseBytes);
        }

        checksum?.ThrowIfWrong();
        target.Sync();
    }
}
