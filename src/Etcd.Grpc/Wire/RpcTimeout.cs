using System.Globalization;

namespace Etcd.Grpc.Wire;

/// <summary>The <c>grpc-timeout</c> header: up to eight digits and a unit.</summary>
internal static class RpcTimeout
{
    private const int DigitsMax = 8;
    private const long ValueMax = 99_999_999;

    /// <summary>Longest time-out told apart from "none": about 292 years in Go, shorter here so that sums cannot overflow.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    /// <summary>Reads a header value.</summary>
    /// <param name="text">Header value.</param>
    /// <param name="timeout">The time left, at least zero; very long ones are cut to a hundred years.</param>
    public static bool TryParse(string text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > DigitsMax + 1)
        {
            return false;
        }

        if (!long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out long value))
        {
            return false;
        }

        long? ticks = text[^1] switch
        {
            // A part of a tick counts as one: a positive time-out must not read as "already passed".
            'n' => (value + 99) / 100,
            'u' => value * TimeSpan.TicksPerMicrosecond,
            'm' => value * TimeSpan.TicksPerMillisecond,
            'S' => value * TimeSpan.TicksPerSecond,
            'M' => value * TimeSpan.TicksPerMinute,
            'H' => value > Longest.TotalHours ? Longest.Ticks : value * TimeSpan.TicksPerHour,
            _ => null,
        };
        timeout = TimeSpan.FromTicks(Math.Min(ticks ?? 0, Longest.Ticks));
        return ticks is not null;
    }

    /// <summary>Header value for the time left, in the finest unit whose number fits, rounded up.</summary>
    public static string Format(TimeSpan timeout)
    {
        if (timeout <= TimeSpan.Zero)
        {
            return "0n";
        }

        long ticks = timeout.Ticks;
        if (ticks <= ValueMax / 100)
        {
            return Join(ticks * 100, 'n');
        }

        return ticks <= ValueMax * TimeSpan.TicksPerMicrosecond ? Join(RoundUp(ticks, TimeSpan.TicksPerMicrosecond), 'u')
            : ticks <= ValueMax * TimeSpan.TicksPerMillisecond ? Join(RoundUp(ticks, TimeSpan.TicksPerMillisecond), 'm')
            : ticks <= ValueMax * TimeSpan.TicksPerSecond ? Join(RoundUp(ticks, TimeSpan.TicksPerSecond), 'S')
            : Join(Math.Min(ValueMax, RoundUp(ticks, TimeSpan.TicksPerHour)), 'H');
    }

    // Without adding first: the largest TimeSpan must not overflow.
    private static long RoundUp(long ticks, long unit) => (ticks / unit) + (ticks % unit == 0 ? 0 : 1);

    private static string Join(long value, char unit) => value.ToString(CultureInfo.InvariantCulture) + unit;
}
