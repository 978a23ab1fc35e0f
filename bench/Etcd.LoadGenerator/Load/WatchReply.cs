using System.Buffers.Binary;
using Google.Protobuf;

namespace Etcd.LoadGenerator.Load;

/// <summary>What the load needs to know of a watch response, read without building objects.</summary>
/// <param name="IsCreated">It answers the creation of a watcher.</param>
/// <param name="IsCanceled">The server ended the watcher.</param>
/// <param name="Events">Number of events.</param>
/// <param name="SentAt">Time stamp that the writer put at the start of the first event's value; 0 without events.</param>
internal readonly record struct WatchReply(bool IsCreated, bool IsCanceled, int Events, long SentAt)
{
    private const int CreatedField = 3;
    private const int CanceledField = 4;
    private const int EventsField = 11;
    private const int EventKeyValueField = 2;
    private const int KeyValueValueField = 5;

    public static WatchReply Read(ReadOnlySpan<byte> message)
    {
        bool isCreated = false;
        bool isCanceled = false;
        int events = 0;
        long sentAt = 0;
        var fields = new FieldReader(message);
        while (fields.MoveNext())
        {
            switch (fields.Number)
            {
                case CreatedField:
                    isCreated = fields.Varint != 0;
                    break;
                case CanceledField:
                    isCanceled = fields.Varint != 0;
                    break;
                case EventsField:
                    events++;
                    sentAt = sentAt == 0 ? TimestampOf(fields.Bytes) : sentAt;
                    break;
                default:
                    break;
            }
        }

        return new WatchReply(isCreated, isCanceled, events, sentAt);
    }

    private static long TimestampOf(ReadOnlySpan<byte> keyEvent)
    {
        ReadOnlySpan<byte> value = Field(Field(keyEvent, EventKeyValueField), KeyValueValueField);
        return value.Length < sizeof(long) ? 0 : BinaryPrimitives.ReadInt64LittleEndian(value);
    }

    private static ReadOnlySpan<byte> Field(ReadOnlySpan<byte> message, int number)
    {
        var fields = new FieldReader(message);
        while (fields.MoveNext())
        {
            if (fields.Number == number)
            {
                return fields.Bytes;
            }
        }

        return default;
    }

    /// <summary>Walks the fields of a message.</summary>
    private ref struct FieldReader(ReadOnlySpan<byte> message)
    {
        private ReadOnlySpan<byte> _rest = message;

        public int Number { get; private set; }

        public ulong Varint { get; private set; }

        public ReadOnlySpan<byte> Bytes { get; private set; }

        public bool MoveNext()
        {
            if (_rest.IsEmpty)
            {
                return false;
            }

            ulong tag = ReadVarint();
            Number = (int)(tag >> 3);
            Bytes = default;
            switch ((WireFormat.WireType)(tag & 7))
            {
                case WireFormat.WireType.Varint:
                    Varint = ReadVarint();
                    break;
                case WireFormat.WireType.LengthDelimited:
                    int length = (int)ReadVarint();
                    Bytes = _rest[..length];
                    _rest = _rest[length..];
                    break;
                case WireFormat.WireType.Fixed64:
                    _rest = _rest[8..];
                    break;
                case WireFormat.WireType.Fixed32:
                    _rest = _rest[4..];
                    break;
                default:
                    throw new InvalidDataException($"unknown wire type in tag {tag}");
            }

            return true;
        }

        private ulong ReadVarint()
        {
            ulong value = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte next = _rest[0];
                _rest = _rest[1..];
                value |= (ulong)(next & 0x7f) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }
        }
    }
}
