using Etcd.Grpc.Server.Local;

namespace Etcd.Api.Gateway.Json;

/// <summary>Translates a JSON object straight into the bytes of a protobuf message: no message object in between. Both names of a field are taken,
/// unknown fields are passed over, <c>null</c> is absent.</summary>
internal ref struct JsonToMessage
{
    // Protobuf's own bound for messages inside messages.
    private const int DepthMax = 100;

    private readonly PooledBytes _output;
    private JsonCursor _input;

    private JsonToMessage(ReadOnlySpan<byte> json, PooledBytes output)
    {
        _input = new JsonCursor(json);
        _output = output;
    }

    /// <summary>Translates one value.</summary>
    /// <param name="json">Well-formed JSON, without white space before it.</param>
    /// <param name="shape">The message it stands for.</param>
    /// <param name="output">Receives the message.</param>
    /// <exception cref="JsonFaultException">It is no such message.</exception>
    internal static void Translate(ReadOnlySpan<byte> json, MessageShape shape, PooledBytes output) =>
        new JsonToMessage(json, output).WriteMessage(shape, depth: 1);

    private void WriteMessage(MessageShape shape, int depth)
    {
        if (depth > DepthMax)
        {
            throw new JsonFaultException("proto:\u00a0exceeded max recursion depth");
        }

        if (!_input.TryTake((byte)'{'))
        {
            throw _input.Unexpected(_input.Position);
        }

        if (_input.TryTake((byte)'}'))
        {
            return;
        }

        ulong seenFields = 0;
        ulong seenOneofs = 0;
        do
        {
            _input.Peek();
            int nameAt = _input.Position;
            FieldShape? field = shape.ByName(_input.TakeText());
            _input.TryTake((byte)':');
            if (field is null)
            {
                _input.Skip();
                continue;
            }

            if (IsSeen(ref seenFields, field.Position))
            {
                throw _input.Fault(nameAt, $"duplicate field {_input.TokenAt(nameAt)}");
            }

            if (_input.Peek() == 'n')
            {
                _input.TakeWord();
            }
            else if (field.IsList)
            {
                WriteList(field, depth);
            }
            else if (field.OneofIndex >= 0 && IsSeen(ref seenOneofs, field.OneofIndex))
            {
                throw _input.Fault(nameAt, $"error parsing {_input.TokenAt(nameAt)}, oneof {field.OneofName} is already set");
            }
            else
            {
                WriteValue(field, depth);
            }
        }
        while (_input.TryTake((byte)','));

        _input.TryTake((byte)'}');
    }

    private void WriteList(FieldShape field, int depth)
    {
        if (!_input.TryTake((byte)'['))
        {
            throw _input.Unexpected(_input.Position);
        }

        if (_input.TryTake((byte)']'))
        {
            return;
        }

        do
        {
            WriteValue(field, depth);
        }
        while (_input.TryTake((byte)','));

        _input.TryTake((byte)']');
    }

    private void WriteValue(FieldShape field, int depth)
    {
        byte first = _input.Peek();
        int valueAt = _input.Position;
        bool isTaken = field.Kind switch
        {
            FieldKind.Message => WriteEmbedded(field, depth),
            FieldKind.Bool => first is (byte)'t' or (byte)'f' && WriteVarint(field, _input.TakeWord()[0] == 't' ? 1UL : 0),
            FieldKind.Text => first == '"' && WriteText(field),
            FieldKind.Bytes => first == '"' && WriteBytes(field),
            FieldKind.Enumeration => WriteEnumeration(field, first),
            _ => WriteNumber(field, first),
        };
        if (!isTaken)
        {
            string name = System.Text.Encoding.UTF8.GetString(field.CamelName);
            throw _input.Fault(valueAt, $"invalid value for {field.KindName} field {name}: {_input.TokenAt(valueAt)}");
        }
    }

    private bool WriteEmbedded(FieldShape field, int depth)
    {
        int lengthAt = BeginLengthPrefixed(field);
        WriteMessage(field.Message, depth + 1);
        EndLengthPrefixed(lengthAt);
        return true;
    }

    private bool WriteText(FieldShape field)
    {
        ReadOnlySpan<byte> text = _input.TakeText();
        WireVarint.Write(_output, WireVarint.LengthPrefixedTag(field.Number));
        WireVarint.Write(_output, (ulong)text.Length);
        _output.Add(text);
        return true;
    }

    private bool WriteBytes(FieldShape field)
    {
        int fieldAt = _output.WrittenCount;
        int lengthAt = BeginLengthPrefixed(field);
        if (!Base64Text.TryDecode(_input.TakeText(), _output))
        {
            _output.Truncate(fieldAt);
            return false;
        }

        EndLengthPrefixed(lengthAt);
        return true;
    }

    private bool WriteEnumeration(FieldShape field, byte first)
    {
        if (first == '"')
        {
            // A name of a later release reads as if the field were absent.
            return !field.Names!.TryFind(_input.TakeText(), out int number) || WriteVarint(field, (ulong)(long)number);
        }

        return IsNumber(first)
            && JsonNumber.TryReadSigned(_input.TakeWord(), out long value)
            && value is >= int.MinValue and <= int.MaxValue
            && WriteVarint(field, (ulong)value);
    }

    private bool WriteNumber(FieldShape field, byte first)
    {
        if (first != '"' && !IsNumber(first))
        {
            return false;
        }

        ReadOnlySpan<byte> text = first == '"' ? _input.TakeText() : _input.TakeWord();
        bool isSmall = field.TypeBytes == sizeof(int);
        if (field.Kind == FieldKind.Unsigned)
        {
            return JsonNumber.TryReadUnsigned(text, out ulong unsigned)
                && (!isSmall || unsigned <= uint.MaxValue)
                && WriteVarint(field, unsigned);
        }

        return JsonNumber.TryReadSigned(text, out long signed)
            && (!isSmall || signed is >= int.MinValue and <= int.MaxValue)
            && WriteVarint(field, (ulong)signed);
    }

    private readonly bool WriteVarint(FieldShape field, ulong value)
    {
        WireVarint.Write(_output, WireVarint.VarintTag(field.Number));
        WireVarint.Write(_output, value);
        return true;
    }

    private readonly int BeginLengthPrefixed(FieldShape field)
    {
        WireVarint.Write(_output, WireVarint.LengthPrefixedTag(field.Number));
        int lengthAt = _output.WrittenCount;

        // Most lengths are one byte; a longer one moves what follows it.
        _output.Add(0);
        return lengthAt;
    }

    private readonly void EndLengthPrefixed(int lengthAt)
    {
        int length = _output.WrittenCount - lengthAt - 1;
        int extra = WireVarint.SizeOf((ulong)length) - 1;
        if (extra > 0)
        {
            _output.Advance(_output.GetSpan(extra)[..extra].Length);
            _output.Written.Slice(lengthAt + 1, length).CopyTo(_output.Written[(lengthAt + 1 + extra)..]);
        }

        WireVarint.WriteAt(_output.Written[lengthAt..], (ulong)length);
    }

    private static bool IsSeen(ref ulong seen, int position)
    {
        ulong bit = 1UL << position;
        bool isSeen = (seen & bit) != 0;
        seen |= bit;
        return isSeen;
    }

    private static bool IsNumber(byte first) => first == '-' || (uint)(first - '0') < 10;
}
