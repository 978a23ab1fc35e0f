using Etcd.Grpc.Server.Local;

namespace Etcd.Api.Gateway.Json;

/// <summary>Varints and tags of protobuf's wire form.</summary>
internal static class WireVarint
{
    private const int BytesMax = 10;
    private const int VarintType = 0;
    private const int LengthPrefixedType = 2;

    internal static ulong VarintTag(int field) => ((ulong)field << 3) | VarintType;

    internal static ulong LengthPrefixedTag(int field) => ((ulong)field << 3) | LengthPrefixedType;

    /// <summary>Bytes a value takes, from 1 to 10.</summary>
    internal static int SizeOf(ulong value) => ((System.Numerics.BitOperations.Log2(value | 1) * 9) + 73) / 64;

    internal static void Write(PooledBytes output, ulong value) => output.Advance(WriteAt(output.GetSpan(BytesMax), value));

    /// <summary>Writes over what stands there.</summary>
    /// <returns>Bytes written.</returns>
    internal static int WriteAt(Span<byte> destination, ulong value)
    {
        int written = 0;
        while (value >= 0x80)
        {
            destination[written++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[written++] = (byte)value;
        return written;
    }

    /// <summary>Takes a varint off the front.</summary>
    /// <exception cref="InvalidDataException">The bytes end inside it, or it is too long.</exception>
    internal static ulong Read(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int taken = 0; taken < bytes.Length && taken < BytesMax; taken++)
        {
            byte part = bytes[taken];
            value |= (ulong)(part & 0x7f) << (7 * taken);
            if (part < 0x80)
            {
                bytes = bytes[(taken + 1)..];
                return value;
            }
        }

        throw new InvalidDataException("a varint of a reply is cut off or too long");
    }
}
