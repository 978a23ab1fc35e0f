using System.Buffers.Text;

using Etcd.Grpc.Server.Local;

namespace Etcd.Api.Gateway.Json;

/// <summary>Translates the bytes of a protobuf message straight into JSON: no message object in between. Fields have their names of the <c>.proto</c> file
/// and stand in the order of the bytes; what is zero or empty is left out.</summary>
/// <remarks>The bytes are the server's own: its encoders write the values of a list together, and nothing is written twice.</remarks>
internal static class MessageToJson
{
    private const int VarintType = 0;
    private const int LengthPrefixedType = 2;
    private const int NumberBytesMax = 20;

    /// <summary>Translates a message.</summary>
    /// <exception cref="InvalidDataException">The bytes are no message.</exception>
    internal static void Translate(ReadOnlySpan<byte> message, MessageShape shape, PooledBytes output)
    {
        output.Add((byte)'{');
        FieldShape? list = null;
        bool isFirst = true;
        while (!message.IsEmpty)
        {
            ulong tag = WireVarint.Read(ref message);
            int wireType = (int)(tag & 7);
            ulong number = wireType is VarintType or LengthPrefixedType
                ? WireVarint.Read(ref message)
                : throw new InvalidDataException($"a reply has a field of wire type {wireType}");
            ReadOnlySpan<byte> bytes = wireType == LengthPrefixedType ? Take(ref message, number) : default;
            FieldShape? field = shape.ByNumber((int)(tag >> 3));
            if (list is not null && list != field)
            {
                output.Add((byte)']');
                list = null;
            }

            if (field is null || IsAbsent(field, wireType == LengthPrefixedType ? (ulong)bytes.Length : number))
            {
                continue;
            }

            if (!isFirst)
            {
                output.Add((byte)',');
            }

            isFirst = false;
            if (list is null)
            {
                output.Add(field.Label);
            }

            if (field.IsList && list is null)
            {
                list = field;
                output.Add((byte)'[');
            }

            WriteValue(field, number, bytes, output);
        }

        if (list is not null)
        {
            output.Add((byte)']');
        }

        output.Add((byte)'}');
    }

    /// <summary>Writes a string with its quotes.</summary>
    internal static void WriteText(ReadOnlySpan<byte> text, PooledBytes output)
    {
        output.Add((byte)'"');
        foreach (byte letter in text)
        {
            if (letter >= 0x20 && letter is not ((byte)'"' or (byte)'\\'))
            {
                output.Add(letter);
                continue;
            }

            output.Add((byte)'\\');
            switch (letter)
            {
                case (byte)'\b':
                    output.Add((byte)'b');
                    break;
                case (byte)'\f':
                    output.Add((byte)'f');
                    break;
                case (byte)'\n':
                    output.Add((byte)'n');
                    break;
                case (byte)'\r':
                    output.Add((byte)'r');
                    break;
                case (byte)'\t':
                    output.Add((byte)'t');
                    break;
                case < 0x20:
                    output.Add("u00"u8);
                    output.Add("0123456789abcdef"u8[letter >> 4]);
                    output.Add("0123456789abcdef"u8[letter & 15]);
                    break;
                default:
                    output.Add(letter);
                    break;
            }
        }

        output.Add((byte)'"');
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> message, ulong length)
    {
        if (length > (ulong)message.Length)
        {
            throw new InvalidDataException("a field of a reply is cut off");
        }

        ReadOnlySpan<byte> bytes = message[..(int)length];
        message = message[(int)length..];
        return bytes;
    }

    // A value without presence of its own is absent when zero; one of a list, of alternatives, or a message is there whatever it holds.
    private static bool IsAbsent(FieldShape field, ulong numberOrLength) =>
        numberOrLength == 0 && !field.IsList && field.OneofIndex < 0 && field.Kind != FieldKind.Message;

    private static void WriteValue(FieldShape field, ulong number, ReadOnlySpan<byte> bytes, PooledBytes output)
    {
        switch (field.Kind)
        {
            case FieldKind.Message:
                Translate(bytes, field.Message, output);
                break;
            case FieldKind.Bytes:
                WriteBytes(bytes, output);
                break;
            case FieldKind.Text:
                WriteText(bytes, output);
                break;
            case FieldKind.Bool:
                output.Add(number != 0 ? "true"u8 : "false"u8);
                break;
            case FieldKind.Enumeration:
                WriteEnumeration(field, (int)number, output);
                break;
            default:
                WriteNumber(field, number, output);
                break;
        }
    }

    private static void WriteBytes(ReadOnlySpan<byte> bytes, PooledBytes output)
    {
        Span<byte> room = output.GetSpan(Base64.GetMaxEncodedToUtf8Length(bytes.Length) + 2);
        room[0] = (byte)'"';
        Base64.EncodeToUtf8(bytes, room[1..], out _, out int written);
        room[written + 1] = (byte)'"';
        output.Advance(written + 2);
    }

    private static void WriteEnumeration(FieldShape field, int number, PooledBytes output)
    {
        ReadOnlySpan<byte> name = field.Names!.NameOf(number);
        if (name.IsEmpty)
        {
            WriteDigits((ulong)(long)number, isSigned: true, output);
        }
        else
        {
            WriteText(name, output);
        }
    }

    // 64 bits are more than the numbers of JavaScript hold: a string then.
    private static void WriteNumber(FieldShape field, ulong number, PooledBytes output)
    {
        bool isLong = field.TypeBytes == sizeof(long);
        if (isLong)
        {
            output.Add((byte)'"');
        }

        WriteDigits(number, field.Kind == FieldKind.Signed, output);
        if (isLong)
        {
            output.Add((byte)'"');
        }
    }

    private static void WriteDigits(ulong number, bool isSigned, PooledBytes output)
    {
        Span<byte> room = output.GetSpan(NumberBytesMax);
        int written;
        if (isSigned)
        {
            Utf8Formatter.TryFormat((long)number, room, out written);
        }
        else
        {
            Utf8Formatter.TryFormat(number, room, out written);
        }

        output.Advance(written);
    }
}
