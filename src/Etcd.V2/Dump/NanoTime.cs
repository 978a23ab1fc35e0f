using System.Buffers;
using System.Globalization;
using System.Text;

using Etcd.V2.Tree;

namespace Etcd.V2.Dump;

/// <summary>Times with nanoseconds in the text form of RFC 3339, as Go writes them: UTC, zeros at the end of the fraction left out.</summary>
internal static class NanoTime
{
    /// <summary>Go's zero time, which stands for a node that stays.</summary>
    private const string Zero = "0001-01-01T00:00:00Z";

    private const long NanosecondsPerSecond = 1_000_000_000;

    internal static void Write(IBufferWriter<byte> output, long unixNanoseconds) => Encoding.UTF8.GetBytes(Format(unixNanoseconds), output);

    internal static string Format(long unixNanoseconds)
    {
        if (unixNanoseconds == V2Node.Permanent)
        {
            return Zero;
        }

        (long seconds, long nanoseconds) = Math.DivRem(unixNanoseconds, NanosecondsPerSecond);
        if (nanoseconds < 0)
        {
            seconds--;
            nanoseconds += NanosecondsPerSecond;
        }

        string whole = DateTimeOffset.FromUnixTimeSeconds(seconds).ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
        return nanoseconds == 0
            ? whole + "Z"
            : whole + "." + nanoseconds.ToString("000000000", CultureInfo.InvariantCulture).TrimEnd('0') + "Z";
    }

    /// <summary>Reads such a time, of any zone. Times that do not fit 64 bits of nanoseconds become the nearest that does.</summary>
    /// <exception cref="FormatException">The text is no such time.</exception>
    internal static long Parse(string text)
    {
        if (text == Zero)
        {
            return V2Node.Permanent;
        }

        // Nine digits of fraction are more than the library's types hold, so they are read apart.
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        long nanoseconds = 0;
        string whole = text;
        if (dot >= 0)
        {
            int end = dot + 1;
            while (end < text.Length && char.IsAsciiDigit(text[end]))
            {
                end++;
            }

            string fraction = text[(dot + 1)..end];
            if (fraction.Length is 0 or > 9)
            {
                throw new FormatException($"\"{text}\" is no time");
            }

            nanoseconds = long.Parse(fraction.PadRight(9, '0'), CultureInfo.InvariantCulture);
            whole = text[..dot] + text[end..];
        }

        long seconds = DateTimeOffset
            .ParseExact(whole, "yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
            .ToUnixTimeSeconds();
        Int128 total = ((Int128)seconds * NanosecondsPerSecond) + nanoseconds;
        return (long)Int128.Clamp(total, V2Node.Permanent + 1, long.MaxValue);
    }
}
