using System.Globalization;

namespace Etcd.Api.Http.V2;

/// <summary>Times and durations as Go prints them.</summary>
internal static class GoText
{
    /// <summary>A time in RFC 3339, zeros at the end of the fraction left out.</summary>
    internal static string Time(DateTimeOffset time) =>
        time.UtcDateTime == default
            ? "0001-01-01T00:00:00Z"
            : time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    /// <summary>A duration of a second and more, such as <c>1h2m3.5s</c>, or less, such as <c>12.5ms</c>.</summary>
    internal static string Duration(TimeSpan duration)
    {
        if (duration < TimeSpan.FromSeconds(1))
        {
            return duration == TimeSpan.Zero ? "0s"
                : duration < TimeSpan.FromMilliseconds(1) ? Number(duration.TotalMicroseconds) + "µs"
                : Number(duration.TotalMilliseconds) + "ms";
        }

        long hours = (long)duration.TotalHours;
        string seconds = Number((decimal)(duration.Ticks % TimeSpan.TicksPerMinute) / TimeSpan.TicksPerSecond) + "s";
        return hours > 0 ? $"{hours}h{duration.Minutes}m{seconds}" : duration.Minutes > 0 ? $"{duration.Minutes}m{seconds}" : seconds;
    }

    private static string Number<T>(T value)
        where T : IFormattable => value.ToString("0.#########", CultureInfo.InvariantCulture);
}
