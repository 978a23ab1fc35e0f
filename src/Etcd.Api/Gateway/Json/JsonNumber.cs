using System.Buffers.Text;
using System.Globalization;
using System.Numerics;

namespace Etcd.Api.Gateway.Json;

/// <summary>Integers as JSON may write them: <c>100</c>, but <c>1e2</c> and <c>100.0</c> too.</summary>
internal static class JsonNumber
{
    // Beyond it no integer of the protocol stays in range, and 10^exponent must not be computed.
    private const int ExponentMax = 400;

    internal static bool TryReadSigned(ReadOnlySpan<byte> text, out long value)
    {
        if (IsPlain(text) && Utf8Parser.TryParse(text, out value, out int used) && used == text.Length)
        {
            return true;
        }

        bool isIn = TryReadAny(text, out BigInteger number) && number >= long.MinValue && number <= long.MaxValue;
        value = isIn ? (long)number : 0;
        return isIn;
    }

    internal static bool TryReadUnsigned(ReadOnlySpan<byte> text, out ulong value)
    {
        if (IsPlain(text) && Utf8Parser.TryParse(text, out value, out int used) && used == text.Length)
        {
            return true;
        }

        bool isIn = TryReadAny(text, out BigInteger number) && number.Sign >= 0 && number <= ulong.MaxValue;
        value = isIn ? (ulong)number : 0;
        return isIn;
    }

    private static bool IsPlain(ReadOnlySpan<byte> text) =>
        text.Length is > 0 and <= 20
        && !text.ContainsAnyExceptInRange((byte)'-', (byte)'9')
        && (text[0] != '0' || text.Length == 1);

    private static bool TryReadAny(ReadOnlySpan<byte> text, out BigInteger number)
    {
        number = default;
        var scanner = new JsonScanner();
        bool isNumber = !text.IsEmpty && (text[0] == '-' || char.IsAsciiDigit((char)text[0]))
            && !scanner.TryComplete(text, out _) && scanner.TryFinish();
        if (!isNumber)
        {
            return false;
        }

        int exponentAt = text.IndexOfAny((byte)'e', (byte)'E');
        ReadOnlySpan<byte> mantissa = exponentAt < 0 ? text : text[..exponentAt];
        int exponent = 0;
        if (exponentAt >= 0 && !int.TryParse(text[(exponentAt + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent))
        {
            return false;
        }

        int point = mantissa.IndexOf((byte)'.');
        ReadOnlySpan<byte> whole = point < 0 ? mantissa : mantissa[..point];
        ReadOnlySpan<byte> fraction = point < 0 ? default : mantissa[(point + 1)..].TrimEnd((byte)'0');
        if (whole.Length > ExponentMax || fraction.Length > ExponentMax || Math.Abs((long)exponent) > ExponentMax)
        {
            return false;
        }

        BigInteger digits = BigInteger.Parse([.. ToChars(whole), .. ToChars(fraction)], CultureInfo.InvariantCulture);
        int shift = exponent - fraction.Length;
        BigInteger power = BigInteger.Pow(10, Math.Abs(shift));
        number = shift >= 0 ? digits * power : BigInteger.DivRem(digits, power, out digits);
        return shift >= 0 || digits.IsZero;
    }

    private static char[] ToChars(ReadOnlySpan<byte> digits) => [.. System.Text.Encoding.ASCII.GetString(digits)];
}
