using System.Buffers;
using System.Text;

namespace Etcd.Grpc.Wire;

/// <summary>The percent-encoding of the <c>grpc-message</c> header: UTF-8, with every byte but printable ASCII, and <c>%</c>, escaped.</summary>
internal static class RpcStatusText
{
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        " !\"#$&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    /// <summary>Header value of a status text.</summary>
    public static string Encode(string text)
    {
        if (!text.AsSpan().ContainsAnyExcept(Plain))
        {
            return text;
        }

        var encoded = new StringBuilder(text.Length + 16);
        foreach (byte unit in Encoding.UTF8.GetBytes(text))
        {
            if (Plain.Contains((char)unit))
            {
                encoded.Append((char)unit);
            }
            else
            {
                encoded.Append('%').Append(Hex(unit >> 4)).Append(Hex(unit & 0xF));
            }
        }

        return encoded.ToString();
    }

    /// <summary>Status text of a header value. What is no valid escape stays as it is, as the protocol asks.</summary>
    public static string Decode(string value)
    {
        if (!value.Contains('%', StringComparison.Ordinal))
        {
            return value;
        }

        byte[] raw = Encoding.UTF8.GetBytes(value);
        int length = 0;
        for (int i = 0; i < raw.Length; i++)
        {
            if (raw[i] == '%' && i + 2 < raw.Length && char.IsAsciiHexDigit((char)raw[i + 1]) && char.IsAsciiHexDigit((char)raw[i + 2]))
            {
                raw[length++] = (byte)((Digit(raw[i + 1]) << 4) | Digit(raw[i + 2]));
                i += 2;
            }
            else
            {
                raw[length++] = raw[i];
            }
        }

        return Encoding.UTF8.GetString(raw, 0, length);
    }

    private static char Hex(int nibble) => (char)(nibble < 10 ? '0' + nibble : 'A' + nibble - 10);

    private static int Digit(byte hex) => hex <= '9' ? hex - '0' : (hex | 0x20) - 'a' + 10;
}
