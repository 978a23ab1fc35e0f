using System.Numerics;

namespace Etcd.Raft.Encoding;

/// <summary>Writes protobuf fields into memory that the caller has measured with the size functions here.</summary>
/// <remarks>Fields are written where called, zero or not: raft's records are proto2 with scalars always present.</remarks>
public ref struct ProtoWriter
{
    private readonly Span<byte> _destination;

    /// <summary>Starts at the beginning of <paramref name="destination"/>, which must be large enough for all that follows.</summary>
    public ProtoWriter(Span<byte> destination)
    {
        _destination = destination;
        Position = 0;
    }

    /// <summary>Bytes written so far.</summary>
    public int Position { get; private set; }

    /// <summary>What is left to write into, for a nested message that writes itself; <see cref="Advance"/> follows.</summary>
    public readonly Span<byte> Rest => _destination[Position..];

    /// <summary>Bytes a varint takes, 1 to 10.</summary>
    public static int SizeOfVarint(ulong value) => ((BitOperations.Log2(value | 1) * 9) + 73) / 64;

    /// <summary>Bytes a varint field takes with its tag.</summary>
    public static int SizeOfVarintField(int field, ulong value) => SizeOfTag(field) + SizeOfVarint(value);

    /// <summary>Bytes a length-prefixed field takes with its tag and length.</summary>
    /// <exception cref="OverflowException">The field would be larger than 2 GiB.</exception>
    public static int SizeOfBytesField(int field, int length) =>
        checked(SizeOfTag(field) + SizeOfVarint((ulong)length) + length);

    /// <summary>Writes a varint field.</summary>
    public void WriteVarintField(int field, ulong value)
    {
        WriteTag(field, ProtoWireType.Varint);
        WriteVarint(value);
    }

    /// <summary>Writes a length-prefixed field.</summary>
    public void WriteBytesField(int field, ReadOnlySpan<byte> bytes)
    {
        WriteLengthPrefix(field, bytes.Length);
        bytes.CopyTo(_destination[Position..]);
        Position += bytes.Length;
    }

    /// <summary>Writes tag and length of a field whose <paramref name="length"/> bytes the caller writes next.</summary>
    public void WriteLengthPrefix(int field, int length)
    {
        WriteTag(field, ProtoWireType.Bytes);
        WriteVarint((ulong)length);
    }

    /// <summary>Counts bytes written into <see cref="Rest"/>.</summary>
    public void Advance(int bytes) => Position += bytes;

    /// <summary>Writes a bare varint.</summary>
    public void WriteVarint(ulong value)
    {
        while (value >= 0x80)
        {
            _destination[Position++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _destination[Position++] = (byte)value;
    }

    private static int SizeOfTag(int field) => SizeOfVarint((ulong)field << 3);

    private void WriteTag(int field, ProtoWireType type) => WriteVarint(((ulong)field << 3) | (ulong)type);
}
