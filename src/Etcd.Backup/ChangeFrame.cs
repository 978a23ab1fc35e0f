using System.Buffers.Binary;

using Etcd.Disk;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Backup;

/// <summary>How a record lies in a change file.</summary>
/// <remarks><code>
/// file:   "ETCDINC1"  cluster id u64  first revision i64  then records
/// record: length u32  crc u32 (CRC-32C, running over the file from its first byte)  kind u8  unix ms i64  [hash revision i64]  protobuf message
/// </code>
/// All numbers little-endian; length counts what follows the crc. Kinds: 1 changes (WatchResponse), 2 lease (LeaseTimeToLiveResponse), 3 hash (HashKVResponse).</remarks>
internal static class ChangeFrame
{
    internal const int HeadBytes = 8;
    internal const int FileHeadBytes = 24;
    internal const int BodyBytesMin = 9;

    private const long MillisecondsMax = 253402300799999; // the end of the year 9999

    private const byte ChangesKind = 1;
    private const byte LeaseKind = 2;
    private const byte HashKind = 3;

    internal static ReadOnlySpan<byte> Magic => "ETCDINC1"u8;

    internal static byte[] FileHead(ulong clusterId, long firstRevision)
    {
        byte[] head = new byte[FileHeadBytes];
        Magic.CopyTo(head);
        BinaryPrimitives.WriteUInt64LittleEndian(head.AsSpan(8), clusterId);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(16), firstRevision);
        return head;
    }

    /// <summary>Encodes a record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="crc">Checksum of the file so far; moves on.</param>
    internal static byte[] Encode(ChangeRecord record, ref uint crc)
    {
        (byte kind, IMessage message) = record switch
        {
            { Changes: { } changes } => (ChangesKind, (IMessage)changes),
            { Lease: { } lease } => (LeaseKind, lease),
            { Hash: { } hash } => (HashKind, hash),
            _ => throw new ArgumentException("a record without content", nameof(record)),
        };
        int head = BodyBytesMin + (kind == HashKind ? sizeof(long) : 0);
        byte[] frame = new byte[HeadBytes + head + message.CalculateSize()];
        Span<byte> body = frame.AsSpan(HeadBytes);
        body[0] = kind;
        BinaryPrimitives.WriteInt64LittleEndian(body[1..], record.Time.ToUnixTimeMilliseconds());
        if (kind == HashKind)
        {
            BinaryPrimitives.WriteInt64LittleEndian(body[BodyBytesMin..], record.HashRevision);
        }

        message.WriteTo(body[head..]);
        crc = Crc32C.Append(crc, body);
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)body.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(4), crc);
        return frame;
    }

    /// <summary>Whether what follows a checksum can have a length.</summary>
    /// <param name="length">The length that is stated.</param>
    /// <param name="left">Bytes behind the checksum, to the end of the file.</param>
    internal static bool CanBeBody(uint length, long left) => length >= BodyBytesMin && length <= Math.Min(left, Array.MaxLength);

    /// <summary>Whether bytes can be the beginning of a record: length, kind and time are possible.</summary>
    /// <param name="bytes">At least <see cref="HeadBytes"/> and <see cref="BodyBytesMin"/>.</param>
    /// <param name="left">Bytes from the first of them to the end of the file.</param>
    internal static bool CanBeFrame(ReadOnlySpan<byte> bytes, long left) =>
        bytes[HeadBytes] is ChangesKind or LeaseKind or HashKind
        && CanBeBody(BinaryPrimitives.ReadUInt32LittleEndian(bytes), left - HeadBytes)
        && BinaryPrimitives.ReadInt64LittleEndian(bytes[(HeadBytes + 1)..]) is >= 0 and <= MillisecondsMax;

    /// <summary>Reads what follows the checksum.</summary>
    /// <exception cref="InvalidProtocolBufferException">It is no record.</exception>
    internal static ChangeRecord Decode(ReadOnlySpan<byte> body)
    {
        long milliseconds = BinaryPrimitives.ReadInt64LittleEndian(body[1..]);
        if (milliseconds is < 0 or > MillisecondsMax)
        {
            throw new InvalidDataException($"a time of {milliseconds} ms");
        }

        var record = new ChangeRecord(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds));
        return body[0] switch
        {
            ChangesKind => record with { Changes = WatchResponse.Parser.ParseFrom(body[BodyBytesMin..]) },
            LeaseKind => record with { Lease = LeaseTimeToLiveResponse.Parser.ParseFrom(body[BodyBytesMin..]) },
            HashKind when body.Length >= BodyBytesMin + sizeof(long) => record with
            {
                HashRevision = BinaryPrimitives.ReadInt64LittleEndian(body[BodyBytesMin..]),
                Hash = HashKVResponse.Parser.ParseFrom(body[(BodyBytesMin + sizeof(long))..]),
            },
            var kind => throw new InvalidDataException($"unknown record kind {kind}"),
        };
    }
}
