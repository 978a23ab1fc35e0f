using System.Globalization;

namespace Etcdctl.Text;

/// <summary>Integers and truth values as flags and arguments take them, with the messages users of etcdctl know.</summary>
internal static class GoNumber
{
    /// <summary>Reads a signed 64-bit number.</summary>
    /// <param name="text">The digits, with an optional sign.</param>
    /// <param name="radix">10 or 16; 0 takes the radix from a prefix (0x, 0o, 0, 0b) and is decimal without one.</param>
    /// <exception cref="FormatException">Not a number, or one that does not fit; the message says which.</exception>
    public static long ParseInteger(string text, int radix)
    {
        ReadOnlySpan<char> digits = text;
        bool negative = digits.StartsWith('-');
        if (negative || digits.StartsWith('+'))
        {
            digits = digits[1..];
        }

        ulong value = ParseDigits("ParseInt", text, digits, radix, negative ? 1ul << 63 : long.MaxValue);
        return unchecked(negative ? -(long)value : (long)value);
    }

    /// <summary>Reads an unsigned 64-bit number.</summary>
    /// <param name="text">The digits; the radix is taken from a prefix, as with <see cref="ParseInteger"/>.</param>
    /// <exception cref="FormatException">Not a number, or one that does not fit; the message says which.</exception>
    public static ulong ParseUnsigned(string text) => ParseDigits("ParseUint", text, text, radix: 0, ulong.MaxValue);

    /// <summary>Reads an unsigned 64-bit number in hexadecimal.</summary>
    /// <exception cref="FormatException">Not a number, or one that does not fit; the message says which.</exception>
    public static ulong ParseHex(string text)
    {
        if (text.Length == 0 || !text.All(char.IsAsciiHexDigit))
        {
            throw Invalid("ParseUint", text);
        }

        return ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : throw new FormatException($"strconv.ParseUint: parsing {GoText.Quote(text)}: value out of range");
    }

    /// <summary>Reads a truth value: 1, t, T, TRUE, true, True and their opposites.</summary>
    /// <exception cref="FormatException">Anything else.</exception>
    public static bool ParseTruth(string text) => text switch
    {
        "1" or "t" or "T" or "TRUE" or "true" or "True" => true,
        "0" or "f" or "F" or "FALSE" or "false" or "False" => false,
        _ => throw Invalid("ParseBool", text),
    };

    /// <summary>Lower-case hexadecimal, padded with zeros to <paramref name="width"/>.</summary>
    public static string Hex(ulong value, int width = 0) =>
        value.ToString("x" + width.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    // Not UInt128: precompiled code cannot hold it, and compiling it at start-up takes longer than the rest of the parsing.
    private static ulong ParseDigits(string function, string text, ReadOnlySpan<char> digits, int radix, ulong limit)
    {
        if (radix == 0)
        {
            radix = TakeRadix(ref digits);
            digits = WithoutSeparators(digits, hasPrefix: radix != 10);
        }

        if (digits.IsEmpty)
        {
            throw Invalid(function, text);
        }

        ulong value = 0;
        bool fits = true;
        foreach (char c in digits)
        {
            int digit = char.IsAsciiHexDigit(c) ? DigitOf(c) : radix;
            if (digit >= radix)
            {
                throw Invalid(function, text);
            }

            fits &= value <= (limit - (uint)digit) / (uint)radix;
            value = fits ? (value * (uint)radix) + (uint)digit : value;
        }

        return fits ? value : throw new FormatException($"strconv.{function}: parsing {GoText.Quote(text)}: value out of range");
    }

    private static int DigitOf(char c) => c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;

    private static int TakeRadix(ref ReadOnlySpan<char> digits)
    {
        if (digits.Length < 2 || digits[0] != '0')
        {
            return 10;
        }

        int radix = char.ToLowerInvariant(digits[1]) switch { 'x' => 16, 'b' => 2, 'o' => 8, _ => 0 };
        digits = digits[(radix == 0 ? 1 : 2)..];
        return radix == 0 ? 8 : radix;
    }

    // An underscore may stand between two digits, and between prefix and digits; elsewhere it stays and is refused as no digit.
    private static ReadOnlySpan<char> WithoutSeparators(ReadOnlySpan<char> digits, bool hasPrefix)
    {
        if (!digits.Contains('_') || digits.EndsWith('_') || (digits[0] == '_' && !hasPrefix))
        {
            return digits;
        }

        string text = digits.ToString();
        return text.Contains("__", StringComparison.Ordinal) ? digits : text.Replace("_", "", StringComparison.Ordinal);
    }

    private static FormatException Invalid(string function, string text) =>
        new($"strconv.{function}: parsing {GoText.Quote(text)}: invalid syntax");
}
