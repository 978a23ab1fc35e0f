using System.Buffers;
using System.Text;

namespace Etcdctl.Text;

/// <summary>Text that may hold bytes which are not UTF-8, as keys and values on a command line may.</summary>
/// <remarks>
/// Such a byte b is kept as the lone surrogate U+DC00 + b, which no valid text contains, so that
/// <see cref="Encode"/> gives back exactly the bytes that <see cref="Decode"/> was given.
/// </remarks>
internal static class RawText
{
    private const int FirstSurrogate = 0xDC00;

    /// <summary>Reads bytes.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (Ascii.IsValid(bytes))
        {
            return Encoding.ASCII.GetString(bytes);
        }

        StringBuilder text = new(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int length) == OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                length = 1;
                text.Append((char)(FirstSurrogate + bytes[0]));
            }

            bytes = bytes[length..];
        }

        return text.ToString();
    }

    /// <summary>Writes bytes.</summary>
    public static byte[] Encode(ReadOnlySpan<char> text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        int length = 0;
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out Rune rune, out int read) == OperationStatus.Done)
            {
                length += rune.EncodeToUtf8(bytes.AsSpan(length));
            }
            else
            {
                read = 1;
                bytes[length++] = (byte)text[0];
            }

            text = text[read..];
        }

        return bytes[..length];
    }
}
