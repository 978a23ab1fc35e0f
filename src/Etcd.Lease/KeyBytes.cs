using System.Runtime.InteropServices;

namespace Etcd.Lease;

/// <summary>Equality and order of keys by their bytes.</summary>
internal sealed class KeyBytes :
    IEqualityComparer<ReadOnlyMemory<byte>>,
    IAlternateEqualityComparer<ReadOnlySpan<byte>, ReadOnlyMemory<byte>>,
    IComparer<ReadOnlyMemory<byte>>
{
    public static KeyBytes Instance { get; } = new();

    public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

    /// <summary>Hash seeded by the process, so that a client cannot choose keys that collide.</summary>
    public int GetHashCode(ReadOnlySpan<byte> bytes)
    {
        int hash = string.GetHashCode(MemoryMarshal.Cast<byte, char>(bytes));

        // The last byte of an odd length is no whole char.
        return (bytes.Length & 1) == 0 ? hash : (hash * 31) + bytes[^1] + 1;
    }

    public int GetHashCode(ReadOnlyMemory<byte> key) => GetHashCode(key.Span);

    public bool Equals(ReadOnlySpan<byte> alternate, ReadOnlyMemory<byte> other) => alternate.SequenceEqual(other.Span);

    public ReadOnlyMemory<byte> Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

    public int Compare(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceCompareTo(y.Span);
}
