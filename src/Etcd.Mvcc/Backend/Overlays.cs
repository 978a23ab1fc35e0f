using System.Collections.Immutable;
using Overlay = System.Collections.Immutable.ImmutableSortedDictionary<System.ReadOnlyMemory<byte>, System.ReadOnlyMemory<byte>?>;

namespace Etcd.Mvcc;

/// <summary>Changes of all buckets but <c>key</c> that are not in the file yet, at one moment. Never changes.</summary>
/// <remarks>These buckets are written rarely and in small pieces, so that copying the path to a change costs nothing that counts.</remarks>
internal sealed class Overlays
{
    /// <summary>No changes.</summary>
    public static readonly Overlays Empty = new([.. Enumerable.Repeat(
        ImmutableSortedDictionary.Create<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?>(ByteOrder.Instance), BackendBuckets.Count)]);

    private readonly Overlay[] _buckets;

    private Overlays(Overlay[] buckets) => _buckets = buckets;

    /// <summary>Changes of a bucket, ascending; no value means deleted.</summary>
    public Overlay this[BackendBucket bucket] => _buckets[(int)bucket];

    /// <summary>These changes and one more; no value deletes.</summary>
    public Overlays With(BackendBucket bucket, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte>? value)
    {
        Overlay[] buckets = [.. _buckets];
        buckets[(int)bucket] = buckets[(int)bucket].SetItem(key, value);
        return new Overlays(buckets);
    }
}
