using Etcd.Disk;

namespace Etcd.Server.Offline;

/// <summary>Copies the database at the beginning of a file.</summary>
internal static class SnapshotCopy
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Writes the database into a file of its own. It is not durable yet: opening it for writing, which follows, syncs it.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="snapshot">What is copied; it is read once.</param>
    /// <param name="databaseBytes">Bytes of the database.</param>
    /// <param name="path">The file to make.</param>
    /// <param name="checksum">Sees what is copied, and is asked at the end; <see langword="null"/> copies it unseen.</param>
    /// <param name="progress">Told the share that is done.</param>
    /// <exception cref="OfflineException">The checksum is wrong, or the snapshot shrank. What was written stays for the caller to delete.</exception>
    internal static void Write(
        IFileSystem disk, IFile snapshot, long databaseBytes, string path, SnapshotChecksum? checksum, IProgress<double>? progress)
    {
        using IFile target = disk.Open(path, FileOpening.CreateNew);
        var writeBack = new PacedWriteBack(target);
        using ChecksumAside? aside = checksum is null ? null : new ChecksumAside(checksum);

        // The checksum of one piece is computed while the other is filled: that takes longer than copying it.
        (byte[] piece, byte[] other) = (new byte[PieceBytes], new byte[PieceBytes]);
        for (long offset = 0; offset < databaseBytes; offset += piece.Length, (piece, other) = (other, piece))
        {
            Memory<byte> part = piece.AsMemory(0, (int)Math.Min(piece.Length, databaseBytes - offset));
            if (snapshot.Read(part.Span, offset) != part.Length)
            {
                throw new OfflineException($"{snapshot.Path}: shrank while it was read");
            }

            aside?.Append(part);
            target.Write(part.Span, offset);
            writeBack.WrittenTo(offset + part.Length);
            progress?.Report((double)(offset + part.Length) / databaseBytes);
        }

        aside?.ThrowIfWrong();
    }
}
