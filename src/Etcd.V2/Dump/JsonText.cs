using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Etcd.V2.Dump;

/// <summary>Writes JSON as Go's encoder does, byte for byte: no white space, and <c>&lt;</c>, <c>&gt;</c>, <c>&amp;</c>, U+2028 and U+2029
/// escaped. Dumps are compared and replies matched on these bytes.</summary>
public static class JsonText
{
    private static readonly SearchValues<char> NotVerbatim = SearchValues.Create(VerbatimExceptions());

    /// <summary>Writes bytes as they are.</summary>
    public static void WriteRaw(IBufferWriter<byte> output, ReadOnlySpan<byte> utf8) => output.Write(utf8);

    /// <summary>Writes a number.</summary>
    public static void WriteNumber(IBufferWriter<byte> output, ulong value)
    {
        ArgumentNullException.ThrowIfNull(output);
        Span<byte> span = output.GetSpan(20);
        Utf8Formatter.TryFormat(value, span, out int written);
        output.Advance(written);
    }

    /// <summary>Writes a number.</summary>
    public static void WriteNumber(IBufferWriter<byte> output, long value)
    {
        ArgumentNullException.ThrowIfNull(output);
        Span<byte> span = output.GetSpan(20);
        Utf8Formatter.TryFormat(value, span, out int written);
        output.Advance(written);
    }

    /// <summary>Writes a string with its quotes. What is no text (half of a surrogate pair) becomes U+FFFD.</summary>
    public static void WriteString(IBufferWriter<byte> output, ReadOnlySpan<char> text)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Write("\""u8);
        while (!text.IsEmpty)
        {
            int verbatim = text.IndexOfAny(NotVerbatim);
            ReadOnlySpan<char> head = verbatim < 0 ? text : text[..verbatim];
            Encoding.UTF8.GetBytes(head, output);
            text = text[head.Length..];
            if (!text.IsEmpty)
            {
                OperationStatus status = Rune.DecodeFromUtf16(text, out Rune rune, out int length);
                WriteEscaped(output, rune, isText: status == OperationStatus.Done);
                text = text[length..];
            }
        }

        output.Write("\""u8);
    }

    private static void WriteEscaped(IBufferWriter<byte> output, Rune rune, bool isText)
    {
        if (!isText)
        {
            output.Write("\\ufffd"u8);
            return;
        }

        switch (rune.Value)
        {
            case '"':
                output.Write("\\\""u8);
                break;
            case '\\':
                output.Write("\\\\"u8);
                break;
            case '\n':
                output.Write("\\n"u8);
                break;
            case '\r':
                output.Write("\\r"u8);
                break;
            case '\t':
                output.Write("\\t"u8);
                break;
            case < 0x20 or '<' or '>' or '&' or 0x2028 or 0x2029:
                WriteHex(output, rune.Value);
                break;
            default:
                Span<byte> span = output.GetSpan(4);
                output.Advance(rune.EncodeToUtf8(span));
                break;
        }
    }

    private static void WriteHex(IBufferWriter<byte> output, int value)
    {
        ReadOnlySpan<byte> digits = "0123456789abcdef"u8;
        output.Write([
            (byte)'\\',
            (byte)'u',
            digits[(value >> 12) & 15],
            digits[(value >> 8) & 15],
            digits[(value >> 4) & 15],
            digits[value & 15],
        ]);
    }

    private static char[] VerbatimExceptions()
    {
        var special = new List<char> { '"', '\\', '<', '>', '&', '\u2028', '\u2029' };
        for (char control = '\0'; control < ' '; control++)
        {
            special.Add(control);
        }

        for (int surrogate = 0xD800; surrogate <= 0xDFFF; surrogate++)
        {
            special.Add((char)surrogate);
        }

        return [.. special];
    }
}
