using Etcd.Bolt;
using Etcd.Disk;

namespace Etcd.Mvcc;

/// <summary>The checksum of a whole backend file, as maintenance Hash reports it.</summary>
internal static class BackendHash
{
    /// <summary>CRC-32C over bucket names, keys and values, leaving out what differs between equal members.</summary>
    public static uint Compute(BoltReadTransaction transaction)
    {
        uint crc = 0;
        foreach (byte[] name in transaction.BucketNames())
        {
            crc = Crc32C.Append(crc, name);
            bool isMeta = name.AsSpan().SequenceEqual(BackendBuckets.NameOf(BackendBucket.Meta));
            BoltCursor cursor = transaction.Bucket(name)!.Cursor();
            for (bool more = cursor.MoveFirst(); more; more = cursor.MoveNext())
            {
                if (isMeta && IsLeftOut(cursor.Key))
                {
                    continue;
                }

                crc = Crc32C.Append(crc, cursor.Key);
                crc = Crc32C.Append(crc, cursor.Value);
            }
        }

        return crc;
    }

    private static bool IsLeftOut(ReadOnlySpan<byte> metaKey) =>
        ConsistentIndex.IsKey(metaKey) || metaKey.SequenceEqual("storageVersion"u8);
}
