using System.Buffers.Binary;
using System.Globalization;
using System.Text;

using Etcd.Bolt;
using Etcd.Disk;
using Etcd.Mvcc;
using Etcd.Protocol.Auth;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Server.Offline.Inspection;

/// <summary>Shows what is in a database or snapshot file, bucket by bucket. Password hashes are left out.</summary>
public static class DatabaseDump
{
    /// <summary>Dumps a file.</summary>
    /// <param name="fileSystem">The disk.</param>
    /// <param name="path">The file; it is not changed.</param>
    /// <param name="onlyBucket">The one bucket to show; empty for all.</param>
    /// <param name="lockTimeout">How long to wait for the file's lock.</param>
    /// <param name="write">Takes the lines.</param>
    /// <exception cref="OfflineException">There is no such file or bucket, it is in use or no database.</exception>
    public static void Run(IFileSystem fileSystem, string path, string onlyBucket, TimeSpan? lockTimeout, Action<DumpLine> write)
    {
        ArgumentNullException.ThrowIfNull(fileSystem);
        ArgumentNullException.ThrowIfNull(write);
        if (!fileSystem.FileExists(path))
        {
            throw UnseenPaths.Error(fileSystem, path);
        }

        try
        {
            using BoltDatabase database = BoltDatabase.Open(fileSystem, path, new BoltOptions { ReadOnly = true, LockTimeout = lockTimeout });
            using BoltReadTransaction transaction = database.BeginRead();
            write(new DumpLine("database", ("file", path), ("bytes", transaction.SizeBytes), ("transaction", transaction.Id)));
            byte[][] names = [.. transaction.BucketNames().Where(name => onlyBucket.Length == 0 || Encoding.UTF8.GetString(name) == onlyBucket)];
            if (names.Length == 0 && onlyBucket.Length > 0)
            {
                throw new OfflineException($"{path} has no bucket \"{onlyBucket}\"");
            }

            foreach (byte[] name in names)
            {
                // In a damaged tree a bucket may be listed where no search finds it.
                BoltBucket bucket = transaction.Bucket(name)
                    ?? throw new OfflineException($"{path}: bucket {Convert.ToHexString(name)} is out of order: the file is damaged");
                Dump(Encoding.UTF8.GetString(name), bucket.Cursor(), write);
            }
        }
        catch (DatabaseLockedException locked)
        {
            throw new OfflineException($"{path} is in use by another process", locked);
        }
        catch (CorruptDatabaseException damage)
        {
            throw new OfflineException(damage.Message, damage);
        }
    }

    private static void Dump(string bucket, BoltCursor cursor, Action<DumpLine> write)
    {
        write(new DumpLine("bucket", ("name", bucket)));
        byte[]? previous = null;
        for (bool more = cursor.MoveFirst(); more; more = cursor.MoveNext())
        {
            ReadOnlySpan<byte> key = cursor.Key;
            if (previous is not null && previous.AsSpan().SequenceCompareTo(key) >= 0)
            {
                // In a damaged tree branches can lead to the same pages again, in a forged one for ever.
                write(new DumpLine("broken", ("key", key.ToArray()), ("value", cursor.Value.ToArray()), ("reason", "the key is out of order: the rest of the bucket is left out")));
                return;
            }

            previous = key.ToArray();
            write(DatabasePairs.Fault(bucket, cursor.Key, cursor.Value) is { } fault
                ? new DumpLine("broken", ("key", cursor.Key.ToArray()), ("value", cursor.Value.ToArray()), ("reason", fault))
                : Line(bucket, cursor.Key, cursor.Value));
        }
    }

    private static DumpLine Line(string bucket, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => bucket switch
    {
        "key" => KeyLine(key, value),
        "lease" => LeaseLine(value),
        "alarm" => AlarmLine(key),
        "authUsers" => UserLine(value),
        "authRoles" => new DumpLine("role", ("content", Json(Role.Parser.ParseFrom(value)))),
        "meta" => MetaLine(key, value),
        "auth" when value.Length == sizeof(ulong) => Pair(key, BinaryPrimitives.ReadUInt64BigEndian(value)),
        "auth" when value.Length == 1 => Pair(key, value[0] != 0),
        _ => Pair(key, Encoding.UTF8.GetString(value)),
    };

    private static DumpLine KeyLine(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Revision.TryRead(key, out Revision revision, out bool isTombstone);
        KeyValue pair = KeyValue.Parser.ParseFrom(value);
        (string, object)[] head = [("revision", revision.Main), ("sub", revision.Sub), ("key", pair.Key.ToByteArray())];
        return isTombstone
            ? new DumpLine("delete", head)
            : new DumpLine(
                "put",
                [
                    .. head, ("create_revision", pair.CreateRevision), ("mod_revision", pair.ModRevision), ("version", pair.Version),
                    ("lease", pair.Lease.ToString("x", CultureInfo.InvariantCulture)), ("value", pair.Value.ToByteArray()),
                ]);
    }

    private static DumpLine LeaseLine(ReadOnlySpan<byte> value)
    {
        Protocol.Leases.Lease lease = Protocol.Leases.Lease.Parser.ParseFrom(value);
        return new DumpLine(
            "lease", ("id", lease.ID.ToString("x", CultureInfo.InvariantCulture)), ("ttl", lease.TTL), ("remaining_ttl", lease.RemainingTTL));
    }

    private static DumpLine AlarmLine(ReadOnlySpan<byte> key)
    {
        AlarmMember alarm = AlarmMember.Parser.ParseFrom(key);
        return new DumpLine("alarm", ("member", Membership.Member.FormatId(alarm.MemberID)), ("alarm", alarm.Alarm.ToString()));
    }

    private static DumpLine UserLine(ReadOnlySpan<byte> value)
    {
        User user = User.Parser.ParseFrom(value);
        return new DumpLine("user", ("name", user.Name.ToStringUtf8()), ("has_password", !user.Password.IsEmpty), ("roles", user.Roles.Select(role => role.ToStringUtf8()).ToArray()));
    }

    private static DumpLine MetaLine(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => Encoding.UTF8.GetString(key) switch
    {
        "consistent_index" or "term" => Pair(key, BinaryPrimitives.ReadUInt64BigEndian(value)),
        "scheduledCompactRev" or "finishedCompactRev" when Revision.TryRead(value, out Revision revision, out _) => Pair(key, revision.Main),
        _ => Pair(key, Encoding.UTF8.GetString(value)),
    };

    private static DumpLine Pair(ReadOnlySpan<byte> key, object value) => new("pair", ("key", key.ToArray()), ("value", value));

    private static EmbeddedJson Json(IMessage message) => new(JsonFormatter.Default.Format(message));
}
