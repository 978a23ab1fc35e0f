using System.Globalization;
using System.Text.RegularExpressions;

namespace Etcd.Interop.Observability;

/// <summary>What a server shows under <c>/metrics</c>.</summary>
internal sealed partial class MetricsPage
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private static readonly string[] Parts = ["_bucket", "_sum", "_count"];

    private MetricsPage(string text)
    {
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                string[] words = line.Split(' ');
                Kinds[words[2]] = words[3];
            }
            else if (line[0] != '#')
            {
                int space = line.LastIndexOf(' ');
                Samples[line[..space]] = double.Parse(
                    line[(space + 1)..].Replace("+Inf", "Infinity", StringComparison.Ordinal), CultureInfo.InvariantCulture);
            }
        }
    }

    /// <summary>Kinds by name of the metric.</summary>
    public Dictionary<string, string> Kinds { get; } = new(StringComparer.Ordinal);

    /// <summary>Values by name and labels as they stand on the page.</summary>
    public Dictionary<string, double> Samples { get; } = new(StringComparer.Ordinal);

    public static async Task<MetricsPage> ReadAsync(string endpoint) =>
        new(await Http.GetStringAsync(new Uri($"http://{endpoint}/metrics"), TestContext.Current.CancellationToken));

    /// <summary>Sum over the series of a name (with <c>_bucket</c> and so on) that have all the given labels.</summary>
    public double Sum(string name, params string[] labels) => Series(name, labels).Sum(sample => sample.Value);

    /// <summary>Series of a name that have all the given labels.</summary>
    public IEnumerable<KeyValuePair<string, double>> Series(string name, params string[] labels) =>
        Samples.Where(sample => NameOf(sample.Key) == name && labels.All(label => sample.Key.Contains(label, StringComparison.Ordinal)));

    /// <summary>Names of the labels of a metric, over all its series.</summary>
    public SortedSet<string> LabelsOf(string metric) => new(
        Samples.Keys
            .Where(series => NameOf(series) is var name && (name == metric || Parts.Any(part => name == metric + part)))
            .SelectMany(series => LabelNames().Matches(series).Select(match => match.Groups[1].Value)),
        StringComparer.Ordinal);

    /// <summary>Upper bounds of the buckets of a histogram, as written.</summary>
    public SortedSet<string> BoundsOf(string metric) => new(
        Samples.Keys.Where(series => NameOf(series) == metric + "_bucket").Select(series => Bounds().Match(series).Groups[1].Value),
        StringComparer.Ordinal);

    private static string NameOf(string series) => series.IndexOf('{', StringComparison.Ordinal) is var brace and >= 0 ? series[..brace] : series;

    [GeneratedRegex("[{,]([A-Za-z_]+)=\"")]
    private static partial Regex LabelNames();

    [GeneratedRegex("le=\"([^\"]+)\"")]
    private static partial Regex Bounds();
}
