using Etcd.Grpc.Wire;

namespace Etcd.Grpc.Transport.Http2.Hpack;

/// <summary>Decodes Huffman-coded strings. The code is canonical, so the lengths of the codes say everything.</summary>
/// <remarks>Source: RFC 7541, section 5.2 and appendix B.</remarks>
internal static class HuffmanDecoder
{
    private const int BitsMin = 5;
    private const int BitsMax = 30;
    private const int EndOfString = 256;

    /// <summary>Bits of the code of each byte value, and of the end-of-string symbol.</summary>
    private static ReadOnlySpan<byte> CodeBits =>
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
        28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
        5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
        7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
        6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
        24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
        21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
        19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
        26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];

    /// <summary>Symbols by code, and for each length the first code and the position of its symbol.</summary>
    private static readonly ushort[] Symbols = new ushort[EndOfString + 1];
    private static readonly int[] FirstCode = new int[BitsMax + 1];
    private static readonly int[] FirstSymbol = new int[BitsMax + 2];

    static HuffmanDecoder()
    {
        int position = 0;
        int code = 0;
        for (int bits = BitsMin; bits <= BitsMax; bits++)
        {
            code <<= 1;
            FirstCode[bits] = code;
            FirstSymbol[bits] = position;
            for (int symbol = 0; symbol <= EndOfString; symbol++)
            {
                if (CodeBits[symbol] == bits)
                {
                    Symbols[position++] = (ushort)symbol;
                    code++;
                }
            }
        }

        FirstSymbol[BitsMax + 1] = position;
    }

    /// <summary>Decodes a string into <paramref name="destination"/>.</summary>
    /// <exception cref="Http2ConnectionException">It holds the end-of-string code or wrong padding.</exception>
    public static void Decode(ReadOnlySpan<byte> coded, PooledBuffer destination)
    {
        // The shortest code has five bits, so that this is room for all.
        Span<byte> text = destination.GetSpan((coded.Length * 8 / BitsMin) + 1);
        int count = 0;
        int code = 0;
        int bits = 0;
        foreach (byte octet in coded)
        {
            for (int bit = 7; bit >= 0; bit--)
            {
                code = (code << 1) | ((octet >> bit) & 1);
                bits++;
                if (bits < BitsMin)
                {
                    continue;
                }

                int offset = code - FirstCode[bits];
                if (offset >= 0 && offset < FirstSymbol[bits + 1] - FirstSymbol[bits])
                {
                    ushort symbol = Symbols[FirstSymbol[bits] + offset];
                    if (symbol == EndOfString)
                    {
                        throw Damaged();
                    }

                    text[count++] = (byte)symbol;
                    code = 0;
                    bits = 0;
                }
            }
        }

        // Padding is the beginning of the end-of-string code: ones, fewer than eight.
        if (bits > 7 || code != (1 << bits) - 1)
        {
            throw Damaged();
        }

        destination.Advance(count);
    }

    private static Http2ConnectionException Damaged() =>
        new(Http2ErrorCode.CompressionError, "a Huffman-coded header is damaged");
}
