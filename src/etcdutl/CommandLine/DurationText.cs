using System.Globalization;
using System.Text.RegularExpressions;

namespace Etcdutl.CommandLine;

/// <summary>Times as Go's tools take them: <c>300ms</c>, <c>10s</c>, <c>1m30s</c>, or a bare 0.</summary>
internal static partial class DurationText
{
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text == "0")
        {
            return true;
        }

        Match match = Form().Match(text);
        if (!match.Success)
        {
            return false;
        }

        double seconds = 0;
        for (int term = 0; term < match.Groups[1].Captures.Count; term++)
        {
            double number = double.Parse(match.Groups[1].Captures[term].ValueSpan, CultureInfo.InvariantCulture);
            seconds += number * match.Groups[2].Captures[term].Value switch { "ms" => 0.001, "s" => 1, "m" => 60, _ => 3600 };
        }

        bool fits = seconds < int.MaxValue;
        duration = fits ? TimeSpan.FromSeconds(seconds) : TimeSpan.Zero;
        return fits;
    }

    [GeneratedRegex(@"^(?:(\d{1,12}(?:\.\d{1,9})?)(ms|s|m|h))+$")]
    private static partial Regex Form();
}
