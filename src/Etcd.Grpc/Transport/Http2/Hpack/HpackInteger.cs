using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Transport.Http2.Hpack;

/// <summary>Integers with an n-bit prefix. Source: RFC 7541, section 5.1.</summary>
internal static class HpackInteger
{
    /// <summary>Reads an integer.</summary>
    /// <param name="block">Header block.</param>
    /// <param name="position">Position of the first byte; moved behind the integer.</param>
    /// <param name="prefixBits">Bits of the first byte that belong to it.</param>
    /// <exception cref="Http2ConnectionException">The integer is cut off or larger than any header block.</exception>
    public static int Read(ReadOnlySpan<byte> block, ref int position, int prefixBits)
    {
        int mask = (1 << prefixBits) - 1;
        int value = ReadByte(block, ref position) & mask;
        if (value < mask)
        {
            return value;
        }

        // Four more groups of seven bits are far beyond every size that occurs here, and cannot overflow.
        for (int shift = 0; shift <= 21; shift += 7)
        {
            byte next = ReadByte(block, ref position);
            value += (next & 0x7F) << shift;
            if ((next & 0x80) == 0)
            {
                return value;
            }
        }

        throw new Http2ConnectionException(Http2ErrorCode.CompressionError, "a number in a header block is too large");
    }

    /// <summary>Writes an integer.</summary>
    /// <param name="output">Header block.</param>
    /// <param name="pattern">Bits of the first byte above the prefix.</param>
    /// <param name="prefixBits">Bits of the first byte that belong to the integer.</param>
    /// <param name="value">The integer.</param>
    public static void Write(PooledBuffer output, byte pattern, int prefixBits, int value)
    {
        Span<byte> span = output.GetSpan(6);
        int mask = (1 << prefixBits) - 1;
        if (value < mask)
        {
            span[0] = (byte)(pattern | value);
            output.Advance(1);
            return;
        }

        span[0] = (byte)(pattern | mask);
        int count = 1;
        uint rest = (uint)(value - mask);
        while (rest >= 0x80)
        {
            span[count++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        span[count++] = (byte)rest;
        output.Advance(count);
    }

    private static byte ReadByte(ReadOnlySpan<byte> block, ref int position) => position < block.Length
        ? block[position++]
        : throw new Http2ConnectionException(Http2ErrorCode.CompressionError, "a header block is cut off");
}
