namespace Etcd.Mvcc;

/// <summary>Rebuilds the key index and the leases' keys from the file, in one pass over bucket <c>key</c>.</summary>
internal static class IndexRestore
{
    /// <summary>Reads all records.</summary>
    /// <param name="view">The backend.</param>
    /// <param name="index">Empty; receives every change.</param>
    /// <param name="leases">Receives the keys that hang on leases.</param>
    /// <returns>Main revision of the last record, 1 when there is none.</returns>
    /// <exception cref="CorruptBackendException">A key is no revision or a value no KeyValue.</exception>
    public static long Run(in BackendView view, KeyIndex index, ILeaseBook leases)
    {
        long last = 1;
        var leaseOfKey = new Dictionary<byte[], long>(KeyComparer.Instance);
        Dictionary<byte[], long>.AlternateLookup<ReadOnlySpan<byte>> byKey = leaseOfKey.GetAlternateLookup<ReadOnlySpan<byte>>();
        var batch = new RestoreBatch(index);
        BackendCursor cursor = view.Scan(BackendBucket.Key);
        while (cursor.MoveNext())
        {
            if (!Revision.TryRead(cursor.Key, out Revision revision, out bool isTombstone))
            {
                throw new CorruptBackendException($"bucket \"key\" holds a key that is no revision: {Convert.ToHexString(cursor.Key)}");
            }

            KeyValueRecord record = KeyValueRecord.Parse(cursor.Value, revision);
            batch.Add(record.Key, revision, isTombstone, record.Lease != 0, record.CreateRevision, record.Version);
            if (record.Lease != 0)
            {
                byKey[record.Key] = record.Lease;
            }
            else if (leaseOfKey.Count > 0)
            {
                byKey.Remove(record.Key);
            }

            last = revision.Main;
        }

        batch.Flush();
        foreach ((byte[] key, long lease) in leaseOfKey)
        {
            leases.Attach(lease, key);
        }

        return last;
    }

    private sealed class KeyComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly KeyComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }
    }
}
