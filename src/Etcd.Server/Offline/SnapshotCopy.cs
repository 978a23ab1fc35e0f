using System.Security.Cryptography;

using Etcd.Disk;

namespace Etcd.Server.Offline;

/// <summary>The database inside a snapshot file, and the checksum behind it.</summary>
internal static class SnapshotCopy
{
    private const int PieceBytes = 1 << 20;
    private const int PageGranularity = 512;

    /// <summary>Checks a snapshot file.</summary>
    /// <returns>Bytes of the database at the file's beginning.</returns>
    /// <exception cref="OfflineException">The checksum is missing or wrong.</exception>
    internal static long Check(IFile snapshot, bool skipHashCheck, IProgress<double>? progress)
    {
        // Pages are multiples of 512, so what is left over is the checksum.
        bool hasChecksum = snapshot.Length % PageGranularity == SHA256.HashSizeInBytes;
        long databaseBytes = hasChecksum ? snapshot.Length - SHA256.HashSizeInBytes : snapshot.Length;
        if (skipHashCheck)
        {
            return databaseBytes;
        }

        if (!hasChecksum)
        {
            throw new OfflineException("snapshot missing hash but --skip-hash-check=false");
        }

        byte[] expected = new byte[SHA256.HashSizeInBytes];
        snapshot.Read(expected, databaseBytes);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ForEachPiece(snapshot, databaseBytes, (piece, _) => hash.AppendData(piece), progress);
        byte[] found = hash.GetHashAndReset();
        return found.AsSpan().SequenceEqual(expected)
            ? databaseBytes
            : throw new OfflineException($"expected sha256 [{string.Join(' ', expected)}], got [{string.Join(' ', found)}]");
    }

    /// <summary>Writes the database into a file of its own and syncs it.</summary>
    internal static void Write(IFileSystem disk, IFile snapshot, long databaseBytes, string path, IProgress<double>? progress)
    {
        using IFile target = disk.Open(path, FileOpening.CreateNew);
        var writeBack = new PacedWriteBack(target);
        ForEachPiece(
            snapshot,
            databaseBytes,
            (piece, offset) =>
            {
                target.Write(piece, offset);
                writeBack.WrittenTo(offset + piece.Length);
            },
            progress);
        target.Sync();
    }

    private static void ForEachPiece(IFile file, long length, PieceAction action, IProgress<double>? progress)
    {
        byte[] piece = new byte[PieceBytes];
        for (long offset = 0; offset < length; offset += piece.Length)
        {
            Span<byte> part = piece.AsSpan(0, (int)Math.Min(piece.Length, length - offset));
            if (file.Read(part, offset) != part.Length)
            {
                throw new OfflineException($"{file.Path}: shrank while it was read");
            }

            action(part, offset);
            progress?.Report((double)(offset + part.Length) / length);
        }
    }

    private delegate void PieceAction(ReadOnlySpan<byte> piece, long offset);
}
