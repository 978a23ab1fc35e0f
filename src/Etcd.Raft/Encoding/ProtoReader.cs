namespace Etcd.Raft.Encoding;

/// <summary>Reads protobuf fields from memory, strictly: what is cut off, overlong or of the wrong wire type is an error.</summary>
/// <remarks>Usage: <c>while (reader.TryReadField(out int field)) switch (field) { … default: reader.Skip(); }</c>.
/// No length is trusted: a value never reaches beyond the bytes given.</remarks>
public ref struct ProtoReader
{
    /// <summary>Groups inside groups in an unknown field; etcd's own messages have none at all.</summary>
    private const int GroupDepthMax = 100;

    private readonly ReadOnlySpan<byte> _source;
    private readonly string _message;
    private int _field;
    private ProtoWireType _type;

    /// <summary>Starts at the beginning of <paramref name="source"/>.</summary>
    /// <param name="source">The whole message.</param>
    /// <param name="message">Its name, for errors.</param>
    public ProtoReader(ReadOnlySpan<byte> source, string message)
    {
        _source = source;
        _message = message;
    }

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    /// <summary>Reads the next field's tag.</summary>
    /// <returns><see langword="false"/> at the end of the message.</returns>
    /// <exception cref="ProtoFormatException">The tag is cut off, or no legal one.</exception>
    public bool TryReadField(out int field)
    {
        if (Position == _source.Length)
        {
            field = 0;
            return false;
        }

        ReadTag();
        if (_type == ProtoWireType.EndGroup)
        {
            throw Error("group end without its begin");
        }

        field = _field;
        return true;
    }

    /// <summary>The current field's value as a number.</summary>
    /// <exception cref="ProtoFormatException">It is cut off, longer than 64 bits, or no varint.</exception>
    public ulong ReadUInt64()
    {
        Expect(ProtoWireType.Varint);
        return ReadVarint();
    }

    /// <summary>The current field's value as a number of at most <paramref name="highest"/>.</summary>
    /// <exception cref="ProtoFormatException">It is greater, cut off, or no varint.</exception>
    public ulong ReadUpTo(ulong highest)
    {
        ulong value = ReadUInt64();
        return value <= highest ? value : throw Error($"field {_field} has the unknown value {value}");
    }

    /// <summary>The current field's value as a truth value; anything but 0 is true.</summary>
    public bool ReadBool() => ReadUInt64() != 0;

    /// <summary>The current field's bytes.</summary>
    /// <exception cref="ProtoFormatException">They reach beyond the message, or the field has no bytes.</exception>
    public ReadOnlySpan<byte> ReadBytes()
    {
        Expect(ProtoWireType.Bytes);
        int length = ReadLength();
        ReadOnlySpan<byte> bytes = _source.Slice(Position, length);
        Position += length;
        return bytes;
    }

    /// <summary>The current field's bytes as a part of <paramref name="source"/>, the memory this reader was started on.</summary>
    public ReadOnlyMemory<byte> ReadBytes(ReadOnlyMemory<byte> source)
    {
        int length = ReadBytes().Length;
        return source.Slice(Position - length, length);
    }

    /// <summary>Adds the current field's number, or its packed numbers, to <paramref name="values"/>.</summary>
    public void ReadRepeatedUInt64(List<ulong> values)
    {
        if (_type != ProtoWireType.Bytes)
        {
            values.Add(ReadUInt64());
            return;
        }

        int end = ReadLength();
        for (end += Position; Position < end;)
        {
            values.Add(ReadVarint());
        }

        if (Position != end)
        {
            throw Error($"packed field {_field} ends inside a number");
        }
    }

    /// <summary>Passes over the current field, which the message does not know.</summary>
    public void Skip() => Skip(depth: 0);

    private void Skip(int depth)
    {
        switch (_type)
        {
            case ProtoWireType.Varint:
                ReadVarint();
                break;
            case ProtoWireType.Fixed64:
                Advance(8);
                break;
            case ProtoWireType.Bytes:
                Advance(ReadLength());
                break;
            case ProtoWireType.Fixed32:
                Advance(4);
                break;
            default:
                SkipGroup(depth);
                break;
        }
    }

    private void SkipGroup(int depth)
    {
        if (depth == GroupDepthMax)
        {
            throw Error("groups nested too deeply");
        }

        int group = _field;
        for (ReadTag(); _type != ProtoWireType.EndGroup; ReadTag())
        {
            Skip(depth + 1);
        }

        if (_field != group)
        {
            throw Error($"end of group {_field} inside group {group}");
        }
    }

    private void ReadTag()
    {
        ulong tag = ReadVarint();
        if (tag >> 3 is 0 or > (1 << 29) - 1 || (tag & 7) > (ulong)ProtoWireType.Fixed32)
        {
            throw Error($"illegal tag {tag}");
        }

        _field = (int)(tag >> 3);
        _type = (ProtoWireType)(tag & 7);
    }

    private int ReadLength()
    {
        ulong length = ReadVarint();
        return length <= (ulong)(_source.Length - Position)
            ? (int)length
            : throw Error($"field {_field} says {length} bytes, {_source.Length - Position} are left");
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if (Position == _source.Length)
            {
                throw Error("number cut off");
            }

            byte group = _source[Position++];
            if (shift == 63 && group > 1)
            {
                break;
            }

            value |= (ulong)(group & 0x7F) << shift;
            if (group < 0x80)
            {
                return value;
            }
        }

        throw Error("number longer than 64 bits");
    }

    private void Advance(int bytes)
    {
        if (bytes > _source.Length - Position)
        {
            throw Error($"field {_field} cut off");
        }

        Position += bytes;
    }

    private readonly void Expect(ProtoWireType type)
    {
        if (_type != type)
        {
            throw Error($"field {_field} has wire type {_type} instead of {type}");
        }
    }

    private readonly ProtoFormatException Error(string reason) => new(_message, Position, reason);
}
