using System.Globalization;
using System.Text;
using Etcdctl.Text;

namespace Etcdctl.Transactions;

/// <summary>Reads double-quoted text with Go's escapes.</summary>
internal static class QuotedText
{
    /// <summary>Reads the text that begins at <paramref name="at"/> and moves behind its closing quote.</summary>
    public static bool TryRead(string line, ref int at, out string text)
    {
        text = "";
        if (at >= line.Length || line[at] != '"')
        {
            return false;
        }

        List<byte> bytes = [];
        int i = at + 1;
        while (i < line.Length && line[i] != '"')
        {
            if (line[i] != '\\')
            {
                int length = char.IsSurrogatePair(line, i) ? 2 : 1;
                bytes.AddRange(RawText.Encode(line.AsSpan(i, length)));
                i += length;
            }
            else if (!TryReadEscape(line, ref i, bytes))
            {
                return false;
            }
        }

        if (i >= line.Length)
        {
            return false;
        }

        at = i + 1;
        text = RawText.Decode([.. bytes]);
        return true;
    }

    private static bool TryReadEscape(string line, ref int i, List<byte> bytes)
    {
        if (i + 1 >= line.Length)
        {
            return false;
        }

        char kind = line[i + 1];
        const string Plain = "abfnrtv\\\"";
        int plain = Plain.IndexOf(kind, StringComparison.Ordinal);
        if (plain >= 0)
        {
            bytes.Add("\a\b\f\n\r\t\v\\\""u8[plain]);
            i += 2;
            return true;
        }

        return kind switch
        {
            'x' => TryReadNumber(line, ref i, 2, 2, NumberStyles.AllowHexSpecifier, isRune: false, bytes),
            'u' => TryReadNumber(line, ref i, 2, 4, NumberStyles.AllowHexSpecifier, isRune: true, bytes),
            'U' => TryReadNumber(line, ref i, 2, 8, NumberStyles.AllowHexSpecifier, isRune: true, bytes),
            >= '0' and <= '7' => TryReadOctal(line, ref i, bytes),
            _ => false,
        };
    }

    private static bool TryReadNumber(
        string line, ref int i, int skip, int digits, NumberStyles style, bool isRune, List<byte> bytes)
    {
        if (i + skip + digits > line.Length
            || !int.TryParse(line.AsSpan(i + skip, digits), style, CultureInfo.InvariantCulture, out int value)
            || (isRune && !Rune.IsValid(value)))
        {
            return false;
        }

        i += skip + digits;
        if (isRune)
        {
            bytes.AddRange(RawText.Encode(new Rune(value).ToString()));
        }
        else
        {
            bytes.Add((byte)value);
        }

        return true;
    }

    private static bool TryReadOctal(string line, ref int i, List<byte> bytes)
    {
        int value = 0;
        for (int digit = 1; digit <= 3; digit++)
        {
            if (i + digit >= line.Length || line[i + digit] is < '0' or > '7')
            {
                return false;
            }

            value = (value * 8) + line[i + digit] - '0';
        }

        i += 4;
        bytes.Add((byte)value);
        return value <= byte.MaxValue;
    }
}
