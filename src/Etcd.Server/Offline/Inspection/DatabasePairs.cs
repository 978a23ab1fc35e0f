using System.Buffers.Binary;
using System.Globalization;
using System.Text;

using Etcd.Mvcc;
using Etcd.Protocol.Auth;
using Etcd.Protocol.Rpc;
using Etcd.Server.Membership;

using Google.Protobuf;

using Member = Etcd.Server.Membership.Member;

namespace Etcd.Server.Offline.Inspection;

/// <summary>Whether the pairs of a database are what members write.</summary>
/// <remarks>Most keys stand in their values once more. Names of users and roles have no checksum, but they have that.</remarks>
internal static class DatabasePairs
{
    private static readonly HashSet<string> MetaKeys =
        ["confState", "consistent_index", "finishedCompactRev", "scheduledCompactRev", "storageVersion", "term"];

    private static readonly HashSet<string> ClusterKeys = ["clusterVersion", "downgrade"];

    private static readonly HashSet<string> AuthKeys = ["authEnabled", "authRevision"];

    /// <summary>Checks one pair by itself.</summary>
    /// <returns>What is wrong; <see langword="null"/> for nothing.</returns>
    internal static string? Fault(string bucket, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        try
        {
            return bucket switch
            {
                "key" => RecordSequence.FaultOf(key, value),
                "lease" => LeaseFault(key, value),
                "alarm" => AlarmFault(key, value),
                "auth" => UnknownFault(AuthKeys, key) ?? LengthFault(value, key.SequenceEqual("authEnabled"u8) ? sizeof(byte) : sizeof(ulong)),
                "authUsers" => NameFault(key, User.Parser.ParseFrom(value).Name),
                "authRoles" => NameFault(key, Role.Parser.ParseFrom(value).Name),
                "cluster" => UnknownFault(ClusterKeys, key),
                "members" => MemberFault(key, value),
                "members_removed" => RemovedFault(key),
                "meta" => UnknownFault(MetaKeys, key) ?? MetaFault(key, value),
                _ => null,
            };
        }
        catch (Exception malformed) when (malformed is InvalidProtocolBufferException or System.Text.Json.JsonException or FormatException or InvalidOperationException)
        {
            return malformed.Message;
        }
    }

    private static string? LeaseFault(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.Length != sizeof(long))
        {
            return "a lease id has 8 bytes";
        }

        long id = Protocol.Leases.Lease.Parser.ParseFrom(value).ID;
        return id == BinaryPrimitives.ReadInt64BigEndian(key) ? null : $"the lease in it is {id:x}";
    }

    private static string? AlarmFault(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        AlarmMember alarm = AlarmMember.Parser.ParseFrom(key);
        return alarm.Alarm == AlarmType.None ? "the key is no alarm" : value.IsEmpty ? null : "an alarm with a value";
    }

    private static string? NameFault(ReadOnlySpan<byte> key, ByteString name) =>
        name.Span.SequenceEqual(key) ? null : $"the name in it is {Convert.ToHexString(name.Span)}";

    private static string? LengthFault(ReadOnlySpan<byte> value, int bytes) =>
        value.Length == bytes ? null : $"a value of {value.Length} bytes instead of {bytes}";

    private static string? UnknownFault(HashSet<string> known, ReadOnlySpan<byte> key) =>
        known.Contains(Encoding.UTF8.GetString(key)) ? null : "no member writes such a key";

    private static string? RemovedFault(ReadOnlySpan<byte> key)
    {
        string text = Encoding.UTF8.GetString(key);
        return ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong id) && Member.FormatId(id) == text
            ? null
            : "the key is no member id";
    }

    private static string? MetaFault(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        bool isRevision = key.SequenceEqual("scheduledCompactRev"u8) || key.SequenceEqual("finishedCompactRev"u8);
        bool isNumber = key.SequenceEqual("consistent_index"u8) || key.SequenceEqual("term"u8);
        return isNumber ? LengthFault(value, sizeof(ulong))
            : isRevision && !Revision.TryRead(value, out _, out _) ? "the value is no revision"
            : null;
    }

    private static string? MemberFault(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        string id = Member.FormatId(MemberRecord.Read(value.ToArray()).Id);
        return id == Encoding.UTF8.GetString(key) ? null : $"the member in it is {id}";
    }
}
