using System.Globalization;

namespace Etcd.Server.Observation;

/// <summary>Durations as etcd's log lines have them: <c>87.3µs</c>, <c>1.5ms</c>, <c>2m3.5s</c>.</summary>
public static class DurationText
{
    /// <summary>The text of a duration.</summary>
    public static string Of(TimeSpan took)
    {
        if (took < TimeSpan.FromMicroseconds(1))
        {
            return took <= TimeSpan.Zero ? "0s" : ((long)took.TotalNanoseconds).ToString(CultureInfo.InvariantCulture) + "ns";
        }

        if (took < TimeSpan.FromMilliseconds(1))
        {
            return Number(took.TotalMicroseconds) + "µs";
        }

        if (took < TimeSpan.FromSeconds(1))
        {
            return Number(took.TotalMilliseconds) + "ms";
        }

        string hours = took >= TimeSpan.FromHours(1) ? string.Create(CultureInfo.InvariantCulture, $"{(long)took.TotalHours}h") : string.Empty;
        string minutes = took >= TimeSpan.FromMinutes(1) ? string.Create(CultureInfo.InvariantCulture, $"{took.Minutes}m") : string.Empty;
        return hours + minutes + Number((took.Ticks % TimeSpan.TicksPerMinute) / (double)TimeSpan.TicksPerSecond) + "s";
    }

    private static string Number(double value) => value.ToString("0.#######", CultureInfo.InvariantCulture);
}
