using System.Collections.Immutable;

namespace Etcd.Mvcc;

/// <summary>What was written since a commit began and is not in the file yet. One thread writes, any thread reads.</summary>
internal sealed class WriteBuffer
{
    private static readonly ImmutableSortedDictionary<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?> Empty =
        ImmutableSortedDictionary.Create<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?>(ByteOrder.Instance);

    private readonly ImmutableSortedDictionary<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?>[] _overlays =
        [.. Enumerable.Repeat(Empty, BackendBuckets.Count)];

    /// <summary>Changes of bucket <c>key</c>.</summary>
    public KeyLog Keys { get; } = new();

    /// <summary>Puts and deletes so far; for the writer.</summary>
    public int Pending { get; private set; }

    /// <summary>Bytes of the values so far; for the writer.</summary>
    public long PendingBytes { get; private set; }

    /// <summary>Changes of another bucket, ascending; no value means deleted. The dictionary never changes.</summary>
    public ImmutableSortedDictionary<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?> Overlay(BackendBucket bucket) =>
        Volatile.Read(ref _overlays[(int)bucket]);

    /// <summary>Writes a change of bucket <c>key</c>.</summary>
    public void PutRevision(Revision revision, bool isTombstone, byte[] record)
    {
        Keys.Append(revision, isTombstone, record);
        Count(record.Length);
    }

    /// <summary>Writes a change of another bucket; no value deletes.</summary>
    public void Set(BackendBucket bucket, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte>? value)
    {
        ref ImmutableSortedDictionary<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?> overlay = ref _overlays[(int)bucket];
        Volatile.Write(ref overlay, overlay.SetItem(key, value));
        Count(key.Length + (value?.Length ?? 0));
    }

    private void Count(int bytes)
    {
        Pending++;
        PendingBytes += bytes;
    }
}
