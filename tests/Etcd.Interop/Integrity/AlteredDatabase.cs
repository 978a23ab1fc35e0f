using Etcd.Bolt;
using Etcd.Disk.Linux;
using Etcd.Protocol.Kv;

using Google.Protobuf;

namespace Etcd.Interop.Integrity;

/// <summary>Changes the database of a stopped member as a bad disk or memory would: the file is in order, its content is not what the cluster agreed on.</summary>
internal static class AlteredDatabase
{
    /// <summary>Gives the newest record of a key another value.</summary>
    /// <param name="dataDirectory">The member's data directory; works for members of real etcd, too.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    internal static void SetValue(string dataDirectory, string key, string value)
    {
        using BoltDatabase database = BoltDatabase.Open(
            LinuxFileSystem.Instance, Path.Combine(dataDirectory, "member", "snap", "db"), new BoltOptions { LockTimeout = TimeSpan.FromSeconds(10) });
        using BoltWriteTransaction change = database.BeginWrite();
        BoltBucket records = change.Bucket("key"u8) ?? throw new InvalidOperationException("the database has no bucket of keys");
        (byte[] revision, KeyValue record) = Newest(records, ByteString.CopyFromUtf8(key));
        record.Value = ByteString.CopyFromUtf8(value);
        records.Put(revision, record.ToByteArray());
        change.Commit();
    }

    private static (byte[] Revision, KeyValue Record) Newest(BoltBucket records, ByteString key)
    {
        BoltCursor cursor = records.Cursor();
        for (bool found = cursor.MoveLast(); found; found = cursor.MovePrevious())
        {
            KeyValue record = KeyValue.Parser.ParseFrom(cursor.Value);
            if (record.Key == key)
            {
                return (cursor.Key.ToArray(), record);
            }
        }

        throw new InvalidOperationException($"no record of {key.ToStringUtf8()}");
    }
}
