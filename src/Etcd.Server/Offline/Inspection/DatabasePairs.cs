using Etcd.Mvcc;
using Etcd.Protocol.Auth;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Server.Membership;

using Google.Protobuf;

namespace Etcd.Server.Offline.Inspection;

/// <summary>Whether the pairs of a database are what members write.</summary>
internal static class DatabasePairs
{
    /// <summary>Checks one pair.</summary>
    /// <returns>What is wrong; <see langword="null"/> for nothing.</returns>
    internal static string? Fault(string bucket, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        try
        {
            return bucket switch
            {
                "key" => KeyFault(key, value),
                "lease" when key.Length != sizeof(long) => "a lease id has 8 bytes",
                "lease" => Parses(Protocol.Leases.Lease.Parser, value),
                "alarm" => Parses(AlarmMember.Parser, key),
                "authUsers" => Parses(User.Parser, value),
                "authRoles" => Parses(Role.Parser, value),
                "members" => MemberFault(value),
                "meta" => MetaFault(key, value),
                _ => null,
            };
        }
        catch (Exception malformed) when (malformed is InvalidProtocolBufferException or System.Text.Json.JsonException or FormatException or InvalidOperationException)
        {
            return malformed.Message;
        }
    }

    private static string? KeyFault(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (!Revision.TryRead(key, out Revision revision, out bool isTombstone))
        {
            return "the key is no revision";
        }

        KeyValue pair = KeyValue.Parser.ParseFrom(value);
        if (isTombstone)
        {
            return pair.Key.IsEmpty ? "a deletion without a key" : null;
        }

        // A restore with a raised revision leaves an empty record.
        return value.IsEmpty || pair.ModRevision == revision.Main
            ? null
            : $"a record of revision {pair.ModRevision} under revision {revision.Main}";
    }

    private static string? MetaFault(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        bool isRevision = key.SequenceEqual("scheduledCompactRev"u8) || key.SequenceEqual("finishedCompactRev"u8);
        bool isNumber = key.SequenceEqual("consistent_index"u8) || key.SequenceEqual("term"u8);
        return isNumber && value.Length != sizeof(ulong) ? $"a number of {value.Length} bytes instead of 8"
            : isRevision && !Revision.TryRead(value, out _, out _) ? "the value is no revision"
            : null;
    }

    private static string? MemberFault(ReadOnlySpan<byte> value)
    {
        MemberRecord.Read(value.ToArray());
        return null;
    }

    private static string? Parses<T>(MessageParser<T> parser, ReadOnlySpan<byte> bytes)
        where T : IMessage<T>
    {
        parser.ParseFrom(bytes);
        return null;
    }
}
