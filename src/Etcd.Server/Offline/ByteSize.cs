using System.Globalization;

namespace Etcd.Server.Offline;

/// <summary>Sizes as etcd's tools print them for people: powers of 1000, two digits at least.</summary>
public static class ByteSize
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

    /// <summary>The size as text, such as <c>6.1 kB</c> or <c>61 kB</c>.</summary>
    /// <param name="bytes">Size in bytes, not negative.</param>
    public static string Format(long bytes)
    {
        if (bytes < 10)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{bytes} B");
        }

        int unit = 0;
        double divisor = 1;
        while (unit < Units.Length - 1 && bytes / divisor >= 1000)
        {
            unit++;
            divisor *= 1000;
        }

        double value = Math.Floor((bytes / divisor * 10) + 0.5) / 10;
        if (value >= 10)
        {
            // Half to even, as Go prints a number without decimals: 20.5 kB are "20 kB", and 21.5 kB "22 kB".
            value = Math.Round(value, MidpointRounding.ToEven);
        }

        string format = value < 10 ? "0.0" : "0";
        return $"{value.ToString(format, CultureInfo.InvariantCulture)} {Units[unit]}";
    }
}
