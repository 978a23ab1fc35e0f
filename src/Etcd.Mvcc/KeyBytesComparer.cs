using System.Runtime.InteropServices;

namespace Etcd.Mvcc;

/// <summary>Equality and order of keys by their bytes, for tables that a span looks up without a copy.</summary>
public sealed class KeyBytesComparer :
    IEqualityComparer<ReadOnlyMemory<byte>>,
    IAlternateEqualityComparer<ReadOnlySpan<byte>, ReadOnlyMemory<byte>>,
    IComparer<ReadOnlyMemory<byte>>
{
    private KeyBytesComparer()
    {
    }

    /// <summary>The one instance.</summary>
    public static KeyBytesComparer Instance { get; } = new();

    /// <inheritdoc/>
    public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span);

    /// <inheritdoc/>
    public bool Equals(ReadOnlySpan<byte> alternate, ReadOnlyMemory<byte> other) => alternate.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public int GetHashCode(ReadOnlyMemory<byte> key) => GetHashCode(key.Span);

    /// <summary>Hash seeded by the process, so that a client cannot choose keys that collide.</summary>
    public int GetHashCode(ReadOnlySpan<byte> key)
    {
        int hash = string.GetHashCode(MemoryMarshal.Cast<byte, char>(key));

        // The last byte of an odd length is no whole char.
        return (key.Length & 1) == 0 ? hash : (hash * 31) + key[^1] + 1;
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

    /// <inheritdoc/>
    public int Compare(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceCompareTo(y.Span);
}
