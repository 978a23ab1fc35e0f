using Etcd.Bolt.Format;

namespace Etcd.Bolt;

/// <summary>Compares bucket names by content, also those that are only spans.</summary>
internal sealed class BucketNameComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    internal static BucketNameComparer Instance { get; } = new();

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    // The same in every process, so that nothing that follows from it can differ between runs.
    public int GetHashCode(ReadOnlySpan<byte> alternate) => unchecked((int)Fnv1a.Hash(alternate));

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}
