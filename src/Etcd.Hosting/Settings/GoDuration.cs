using System.Buffers;
using System.Globalization;

namespace Etcd.Hosting.Settings;

/// <summary>Durations in Go's text form, such as <c>300ms</c>, <c>1.5h</c> or <c>2h45m</c>.</summary>
public static class GoDuration
{
    private static readonly SearchValues<char> NumberLetters = SearchValues.Create("0123456789.");

    private static readonly (string Unit, double Ticks)[] Units =
    [
        ("ns", 0.01),
        ("us", TimeSpan.TicksPerMicrosecond),
        ("µs", TimeSpan.TicksPerMicrosecond),
        ("μs", TimeSpan.TicksPerMicrosecond),
        ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond),
        ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour),
    ];

    /// <summary>Reads a duration; a number without a unit is refused, except <c>0</c>.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        ReadOnlySpan<char> rest = text.AsSpan().TrimStart("+-");
        bool isNegative = text.StartsWith('-');
        if (rest is "0")
        {
            return true;
        }

        double ticks = 0;
        if (rest.IsEmpty)
        {
            return false;
        }

        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept(NumberLetters);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            {
                return false;
            }

            rest = rest[digits..];
            int unitLength = rest.IndexOfAny(NumberLetters) is var end and >= 0 ? end : rest.Length;
            if (!TryUnit(rest[..unitLength], out double unitTicks))
            {
                return false;
            }

            ticks += number * unitTicks;
            rest = rest[unitLength..];
        }

        if (ticks > long.MaxValue / 2.0)
        {
            return false;
        }

        duration = TimeSpan.FromTicks((long)Math.Round(isNegative ? -ticks : ticks));
        return true;
    }

    private static bool TryUnit(ReadOnlySpan<char> text, out double ticks)
    {
        foreach ((string unit, double unitTicks) in Units)
        {
            if (text.SequenceEqual(unit))
            {
                ticks = unitTicks;
                return true;
            }
        }

        ticks = 0;
        return false;
    }
}
