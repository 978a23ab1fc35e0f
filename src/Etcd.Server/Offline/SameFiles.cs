using Etcd.Disk;

namespace Etcd.Server.Offline;

/// <summary>Compares two directories of files.</summary>
internal static class SameFiles
{
    private const int PieceBytes = 1 << 20;

    /// <summary>Whether both hold files of the same names and bytes. A directory in one of them is none.</summary>
    internal static bool Are(IFileSystem disk, string left, string right)
    {
        IReadOnlyList<string> names = disk.List(left);
        return names.SequenceEqual(disk.List(right), StringComparer.Ordinal)
            && names.All(name => IsSame(disk, Path.Combine(left, name), Path.Combine(right, name)));
    }

    private static bool IsSame(IFileSystem disk, string left, string right)
    {
        if (!disk.FileExists(left) || !disk.FileExists(right))
        {
            return false;
        }

        using IFile first = disk.Open(left, FileOpening.Read);
        using IFile second = disk.Open(right, FileOpening.Read);
        if (first.Length != second.Length)
        {
            return false;
        }

        byte[] piece = new byte[PieceBytes];
        byte[] other = new byte[PieceBytes];
        for (long offset = 0; offset < first.Length; offset += PieceBytes)
        {
            int read = first.Read(piece, offset);
            if (second.Read(other.AsSpan(0, read), offset) != read || !piece.AsSpan(0, read).SequenceEqual(other.AsSpan(0, read)))
            {
                return false;
            }
        }

        return true;
    }
}
