namespace Etcd.Mvcc;

/// <summary>What was written since a commit began and is not in the file yet. One thread writes, any thread reads.</summary>
internal sealed class WriteBuffer
{
    private Overlays _overlays = Overlays.Empty;

    /// <summary>Changes of bucket <c>key</c>.</summary>
    public KeyLog Keys { get; } = new();

    /// <summary>Puts and deletes so far; for the writer.</summary>
    public int Pending { get; private set; }

    /// <summary>Bytes of the values so far; for the writer.</summary>
    public long PendingBytes { get; private set; }

    /// <summary>Changes of the other buckets at this moment.</summary>
    public Overlays Overlays => Volatile.Read(ref _overlays);

    /// <summary>Writes a change of bucket <c>key</c>.</summary>
    public void PutRevision(Revision revision, bool isTombstone, byte[] record)
    {
        Keys.Append(revision, isTombstone, record);
        Count(record.Length);
    }

    /// <summary>Writes a change of another bucket; no value deletes.</summary>
    public void Set(BackendBucket bucket, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte>? value)
    {
        Volatile.Write(ref _overlays, _overlays.With(bucket, key, value));
        Count(key.Length + (value?.Length ?? 0));
    }

    private void Count(int bytes)
    {
        Pending++;
        PendingBytes += bytes;
    }
}
