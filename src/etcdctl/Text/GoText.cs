using System.Buffers;
using System.Globalization;
using System.Text;

namespace Etcdctl.Text;

/// <summary>Forms in which etcdctl prints values: quoted text and sizes.</summary>
internal static class GoText
{
    private static readonly string[] SizeUnits = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

    /// <summary>Double-quoted text: printable characters stay, others become escapes, bytes that are not UTF-8 become <c>\xNN</c>.</summary>
    public static string Quote(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new(bytes.Length + 2);
        text.Append('"');
        while (!bytes.IsEmpty)
        {
            int length = 1;
            if (Rune.DecodeFromUtf8(bytes, out Rune rune, out int runeLength) == OperationStatus.Done)
            {
                length = runeLength;
                AppendEscaped(text, rune);
            }
            else
            {
                text.Append("\\x").Append(bytes[0].ToString("x2", CultureInfo.InvariantCulture));
            }

            bytes = bytes[length..];
        }

        return text.Append('"').ToString();
    }

    /// <inheritdoc cref="Quote(ReadOnlySpan{byte})"/>
    public static string Quote(string text) => Quote(RawText.Encode(text));

    /// <summary>A size in powers of 1000 with one decimal below ten: <c>512 B</c>, <c>4.1 kB</c>, <c>20 kB</c>.</summary>
    public static string Size(ulong bytes)
    {
        if (bytes < 10)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{bytes} B");
        }

        int power = 0;
        for (ulong rest = bytes; rest >= 1000; rest /= 1000)
        {
            power++;
        }

        double value = Math.Floor((bytes / Math.Pow(1000, power) * 10) + 0.5) / 10;
        string number = value.ToString(value < 10 ? "F1" : "F0", CultureInfo.InvariantCulture);
        return number + " " + SizeUnits[power];
    }

    private static void AppendEscaped(StringBuilder text, Rune rune)
    {
        switch (rune.Value)
        {
            case '"': text.Append("\\\""); break;
            case '\\': text.Append("\\\\"); break;
            case '\a': text.Append("\\a"); break;
            case '\b': text.Append("\\b"); break;
            case '\f': text.Append("\\f"); break;
            case '\n': text.Append("\\n"); break;
            case '\r': text.Append("\\r"); break;
            case '\t': text.Append("\\t"); break;
            case '\v': text.Append("\\v"); break;
            case < ' ' or 0x7f: text.Append("\\x").Append(rune.Value.ToString("x2", CultureInfo.InvariantCulture)); break;
            case ' ': text.Append(' '); break;
            default:
                if (IsPrintable(rune))
                {
                    text.Append(rune.ToString());
                }
                else
                {
                    text.Append(rune.IsBmp ? "\\u" : "\\U")
                        .Append(rune.Value.ToString(rune.IsBmp ? "x4" : "x8", CultureInfo.InvariantCulture));
                }

                break;
        }
    }

    // Letters, marks, numbers, punctuation and symbols; every space but U+0020 is escaped.
    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
