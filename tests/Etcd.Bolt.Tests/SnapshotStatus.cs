using System.Buffers.Binary;

using Etcd.Disk;

namespace Etcd.Bolt.Tests;

/// <summary>What <c>etcdutl snapshot status</c> prints, computed through this library.</summary>
internal sealed record SnapshotStatus(uint Hash, long Revision, int TotalKey, long TotalSize)
{
    public static SnapshotStatus Of(BoltDatabase database)
    {
        using BoltReadTransaction read = database.BeginRead();
        uint hash = 0;
        int keys = 0;
        long revision = 0;
        foreach (byte[] name in read.BucketNames())
        {
            hash = Crc32C.Append(hash, name);
            BoltCursor cursor = read.Bucket(name)!.Cursor();
            for (bool more = cursor.MoveFirst(); more; more = cursor.MoveNext())
            {
                hash = Crc32C.Append(Crc32C.Append(hash, cursor.Key), cursor.Value);
                keys++;
                revision = name.AsSpan().SequenceEqual("key"u8) ? BinaryPrimitives.ReadInt64BigEndian(cursor.Key) : revision;
            }
        }

        return new SnapshotStatus(hash, revision, keys, read.SizeBytes);
    }
}
