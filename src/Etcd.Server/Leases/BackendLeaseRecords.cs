using System.Buffers.Binary;

using Etcd.Lease;
using Etcd.Mvcc;

using Google.Protobuf;

namespace Etcd.Server.Leases;

/// <summary>Lease records in the backend bucket <c>lease</c>: the id as 8 bytes, big-endian, to a leasepb.Lease.</summary>
internal sealed class BackendLeaseRecords(Backend backend) : ILeaseRecords
{
    /// <inheritdoc />
    public IReadOnlyList<LeaseRecord> ReadAll()
    {
        var records = new List<LeaseRecord>();
        using BackendView view = backend.View();
        BackendCursor cursor = view.Scan(BackendBucket.Lease);
        while (cursor.MoveNext())
        {
            Protocol.Leases.Lease lease = Protocol.Leases.Lease.Parser.ParseFrom(cursor.Value);
            records.Add(new LeaseRecord(lease.ID, lease.TTL, lease.RemainingTTL));
        }

        return records;
    }

    /// <inheritdoc />
    public void Put(LeaseRecord record)
    {
        var lease = new Protocol.Leases.Lease
        {
            ID = record.Id,
            TTL = record.GrantedTtlSeconds,
            RemainingTTL = record.RemainingTtlSeconds,
        };
        backend.Put(BackendBucket.Lease, KeyOf(record.Id), lease.ToByteArray());
    }

    /// <inheritdoc />
    public void Delete(long id) => backend.Delete(BackendBucket.Lease, KeyOf(id));

    private static byte[] KeyOf(long id)
    {
        byte[] key = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(key, id);
        return key;
    }
}
