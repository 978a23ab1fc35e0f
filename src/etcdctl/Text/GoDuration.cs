using System.Globalization;
using System.Text;

namespace Etcdctl.Text;

/// <summary>Durations in the form <c>1h2m3.5s</c>, <c>300ms</c>, <c>2.5µs</c>.</summary>
internal static class GoDuration
{
    private const long TicksPerMicrosecond = TimeSpan.TicksPerMicrosecond;

    /// <summary>Reads a duration.</summary>
    /// <exception cref="FormatException">Empty, no or unknown unit, or too large; the message says which.</exception>
    public static TimeSpan Parse(string text)
    {
        ReadOnlySpan<char> rest = text;
        bool negative = rest.StartsWith('-');
        if (negative || rest.StartsWith('+'))
        {
            rest = rest[1..];
        }

        if (rest.SequenceEqual("0"))
        {
            return TimeSpan.Zero;
        }

        if (rest.IsEmpty)
        {
            throw Invalid(text);
        }

        decimal nanoseconds = 0;
        while (!rest.IsEmpty)
        {
            nanoseconds += TakeTerm(ref rest, text);
            if (nanoseconds > long.MaxValue)
            {
                throw Invalid(text);
            }
        }

        // The clock here counts in 100 ns; a shorter positive time is still a time.
        long ticks = (long)Math.Ceiling(nanoseconds / TimeSpan.NanosecondsPerTick);
        return TimeSpan.FromTicks(negative ? -ticks : ticks);
    }

    /// <summary>Writes a duration: the largest unit that fits below a second, hours, minutes and seconds above.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero)
        {
            return "0s";
        }

        ulong ticks = duration.Ticks.Magnitude;
        string text = ticks switch
        {
            < TicksPerMicrosecond => (ticks * TimeSpan.NanosecondsPerTick).ToString(CultureInfo.InvariantCulture) + "ns",
            < TimeSpan.TicksPerMillisecond => Fraction(ticks, TicksPerMicrosecond) + "µs",
            < TimeSpan.TicksPerSecond => Fraction(ticks, TimeSpan.TicksPerMillisecond) + "ms",
            _ => FormatSeconds(ticks),
        };
        return duration < TimeSpan.Zero ? "-" + text : text;
    }

    private static string FormatSeconds(ulong ticks)
    {
        StringBuilder text = new();
        ulong hours = ticks / TimeSpan.TicksPerHour;
        if (hours > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{hours}h");
        }

        if (ticks >= TimeSpan.TicksPerMinute)
        {
            text.Append(CultureInfo.InvariantCulture, $"{ticks % TimeSpan.TicksPerHour / TimeSpan.TicksPerMinute}m");
        }

        return text.Append(Fraction(ticks % TimeSpan.TicksPerMinute, TimeSpan.TicksPerSecond)).Append('s').ToString();
    }

    private static string Fraction(ulong ticks, long unit) =>
        ((decimal)ticks / unit).ToString("0.#########", CultureInfo.InvariantCulture);

    private static decimal TakeTerm(ref ReadOnlySpan<char> rest, string text)
    {
        int number = 0;
        while (number < rest.Length && (char.IsAsciiDigit(rest[number]) || rest[number] == '.'))
        {
            number++;
        }

        int unit = number;
        while (unit < rest.Length && !char.IsAsciiDigit(rest[unit]) && rest[unit] != '.')
        {
            unit++;
        }

        if (!decimal.TryParse(rest[..number], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value))
        {
            throw Invalid(text);
        }

        ReadOnlySpan<char> name = rest[number..unit];
        if (name.IsEmpty)
        {
            throw new FormatException($"time: missing unit in duration {GoText.Quote(text)}");
        }

        decimal factor = name switch
        {
            "ns" => 1m,
            "us" or "µs" or "μs" => 1_000m,
            "ms" => 1_000_000m,
            "s" => 1_000_000_000m,
            "m" => 60_000_000_000m,
            "h" => 3_600_000_000_000m,
            _ => throw new FormatException(
                $"time: unknown unit {GoText.Quote(name.ToString())} in duration {GoText.Quote(text)}"),
        };
        rest = rest[unit..];
        return value <= long.MaxValue ? value * factor : throw Invalid(text);
    }

    private static FormatException Invalid(string text) => new($"time: invalid duration {GoText.Quote(text)}");

    extension(long value)
    {
        private ulong Magnitude => value < 0 ? 0ul - (ulong)value : (ulong)value;
    }
}
