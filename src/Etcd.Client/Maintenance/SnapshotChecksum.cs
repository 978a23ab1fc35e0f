using System.Security.Cryptography;

namespace Etcd.Client;

/// <summary>Verifies a stream that ends in the SHA-256 of all before, without knowing where it ends.</summary>
internal sealed class SnapshotChecksum : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    // The last bytes seen, not hashed yet: they may be the checksum.
    private readonly byte[] _tail = new byte[SHA256.HashSizeInBytes];
    private int _tailLength;

    /// <summary>Takes the next bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        int overflow = _tailLength + bytes.Length - _tail.Length;
        if (overflow <= 0)
        {
            bytes.CopyTo(_tail.AsSpan(_tailLength));
            _tailLength += bytes.Length;
            return;
        }

        int fromTail = Math.Min(overflow, _tailLength);
        _hash.AppendData(_tail, 0, fromTail);
        _hash.AppendData(bytes[..(overflow - fromTail)]);
        _tail.AsSpan(fromTail, _tailLength - fromTail).CopyTo(_tail);
        _tailLength -= fromTail;
        ReadOnlySpan<byte> rest = bytes[(overflow - fromTail)..];
        rest.CopyTo(_tail.AsSpan(_tailLength));
        _tailLength += rest.Length;
    }

    /// <summary>Whether the last 32 bytes are the checksum of those before.</summary>
    public bool Matches() => _tailLength == _tail.Length && _hash.GetHashAndReset().AsSpan().SequenceEqual(_tail);

    public void Dispose() => _hash.Dispose();
}
