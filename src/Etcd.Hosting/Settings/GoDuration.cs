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
    public static bool TryParse(string text, out TimeSpan duration) => TryParse(text, out duration, out _);

    /// <summary>Reads a duration.</summary>
    /// <param name="text">The text.</param>
    /// <param name="duration">The duration; zero when the text is none.</param>
    /// <param name="fault">Why the text is none, in Go's words; empty when it is one.</param>
    internal static bool TryParse(string text, out TimeSpan duration, out string fault)
    {
        duration = TimeSpan.Zero;
        fault = string.Empty;
        ReadOnlySpan<char> rest = text.AsSpan().TrimStart("+-");
        bool isNegative = text.StartsWith('-');
        if (rest is "0")
        {
            return true;
        }

        double ticks = 0;
        string invalid = $"time: invalid duration \"{text}\"";
        if (rest.IsEmpty)
        {
            fault = invalid;
            return false;
        }

        while (!rest.IsEmpty)
        {
            int digits = rest.IndexOfAnyExcept(NumberLetters) is var unitAt and >= 0 ? unitAt : rest.Length;
            if (digits == 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            {
                fault = invalid;
                return false;
            }

            rest = rest[digits..];
            int unitLength = rest.IndexOfAny(NumberLetters) is var end and >= 0 ? end : rest.Length;
            if (!TryUnit(rest[..unitLength], out double unitTicks))
            {
                fault = unitLength == 0
                    ? $"time: missing unit in duration \"{text}\""
                    : $"time: unknown unit \"{rest[..unitLength]}\" in duration \"{text}\"";
                return false;
            }

            ticks += number * unitTicks;
            rest = rest[unitLength..];
        }

        if (ticks > long.MaxValue / 2.0)
        {
            fault = invalid;
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
