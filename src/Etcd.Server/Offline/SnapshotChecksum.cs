using System.Security.Cryptography;

using Etcd.Disk;

namespace Etcd.Server.Offline;

/// <summary>The SHA-256 that a snapshot file ends with, compared with what is read of the database before it.</summary>
internal sealed class SnapshotChecksum : IDisposable
{
    private const int PageGranularity = 512;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _expected = new byte[SHA256.HashSizeInBytes];

    private SnapshotChecksum(IFile snapshot) => snapshot.Read(_expected, snapshot.Length - SHA256.HashSizeInBytes);

    /// <summary>Whether the comparison was made and failed.</summary>
    internal bool IsWrong { get; private set; }

    /// <summary>Bytes of the database at the beginning of a snapshot file, which may end with a checksum.</summary>
    internal static long DatabaseBytesOf(IFile snapshot) =>
        HasChecksum(snapshot) ? snapshot.Length - SHA256.HashSizeInBytes : snapshot.Length;

    /// <summary>Reads the checksum of a snapshot file.</summary>
    /// <exception cref="OfflineException">It has none.</exception>
    internal static SnapshotChecksum Of(IFile snapshot) => HasChecksum(snapshot)
        ? new SnapshotChecksum(snapshot)
        : throw new OfflineException("snapshot missing hash but --skip-hash-check=false");

    /// <summary>Takes the next bytes of the database.</summary>
    internal void Append(ReadOnlySpan<byte> piece) => _hash.AppendData(piece);

    /// <summary>Compares, once all of the database was appended.</summary>
    /// <exception cref="OfflineException">The checksum is another.</exception>
    internal void ThrowIfWrong()
    {
        byte[] found = _hash.GetHashAndReset();
        IsWrong = !found.AsSpan().SequenceEqual(_expected);
        if (IsWrong)
        {
            throw new OfflineException($"expected sha256 [{string.Join(' ', _expected)}], got [{string.Join(' ', found)}]");
        }
    }

    public void Dispose() => _hash.Dispose();

    // Pages are multiples of 512, so what is left over is the checksum.
    private static bool HasChecksum(IFile snapshot) => snapshot.Length % PageGranularity == SHA256.HashSizeInBytes;
}
