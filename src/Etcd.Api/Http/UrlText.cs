using System.Buffers;
using System.Text;

namespace Etcd.Api.Http;

/// <summary>Percent-encoded text as Go reads it. Error texts are those of Go's library, since they reach clients.</summary>
internal static class UrlText
{
    /// <summary>Decodes a path: <c>%2F</c> becomes a slash, <c>+</c> stays.</summary>
    /// <returns><see langword="false"/> when an escape is malformed; <paramref name="error"/> says which.</returns>
    internal static bool TryDecodePath(string text, out string decoded, out string error) => TryDecode(text, isQuery: false, out decoded, out error);

    /// <summary>Decodes a name or value of a query: <c>+</c> is a space.</summary>
    /// <returns><see langword="false"/> when an escape is malformed; <paramref name="error"/> says which.</returns>
    internal static bool TryDecodeQuery(ReadOnlySpan<char> text, out string decoded, out string error) =>
        TryDecode(text, isQuery: true, out decoded, out error);

    private static bool TryDecode(ReadOnlySpan<char> text, bool isQuery, out string decoded, out string error)
    {
        error = string.Empty;
        if (!text.ContainsAny('%', '+'))
        {
            decoded = text.ToString();
            return true;
        }

        decoded = string.Empty;
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            int count = 0;
            for (int i = 0; i < text.Length; i++)
            {
                char next = text[i];
                if (next == '%')
                {
                    ReadOnlySpan<char> escape = text.Slice(i, Math.Min(3, text.Length - i));
                    if (escape.Length < 3 || !char.IsAsciiHexDigit(escape[1]) || !char.IsAsciiHexDigit(escape[2]))
                    {
                        error = $"invalid URL escape \"{escape}\"";
                        return false;
                    }

                    bytes[count++] = (byte)((HexValue(escape[1]) << 4) | HexValue(escape[2]));
                    i += 2;
                }
                else if (next == '+' && isQuery)
                {
                    bytes[count++] = (byte)' ';
                }
                else
                {
                    int length = char.IsHighSurrogate(next) && i + 1 < text.Length ? 2 : 1;
                    count += Encoding.UTF8.GetBytes(text.Slice(i, length), bytes.AsSpan(count));
                    i += length - 1;
                }
            }

            decoded = Encoding.UTF8.GetString(bytes, 0, count);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static int HexValue(char digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
