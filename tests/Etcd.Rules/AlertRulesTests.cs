using System.Data;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Etcd.Rules;

/// <summary>docs/monitoring/alerts.yaml: what each alert means is written down, and looks at metrics that exist.</summary>
public partial class AlertRulesTests
{
    private const string RulesFile = "docs/monitoring/alerts.yaml";

    [GeneratedRegex(@"- alert: (?<name>\w+)\n\s+expr: (?<expression>.+)\n")]
    private static partial Regex OneLineRule();

    [GeneratedRegex(@"- alert: (?<name>\w+)")]
    private static partial Regex AlertName();

    [GeneratedRegex(@"^\| `(?<name>Etcd\w+)` \| [^|]{10,} \| [^|]{10,} \|$", RegexOptions.Multiline)]
    private static partial Regex AlertRow();

    [GeneratedRegex(@"\b(?<name>(?:etcd|grpc_server|process)_\w+?)(?:_bucket)?\{")]
    private static partial Regex Metric();

    [GeneratedRegex(@"floor\((?<count>\d+) / 2\)")]
    private static partial Regex Half();

    [Fact]
    public void Alerts_EachOfThem_StandsInTheOperationsPage()
    {
        IEnumerable<string> alerts = AlertName().Matches(SourceTree.ReadText(RulesFile)).Select(match => match.Groups["name"].Value);
        IEnumerable<string> rows = AlertRow().Matches(SourceTree.ReadText("docs/operations.md")).Select(match => match.Groups["name"].Value);

        Assert.Equal(alerts, rows);
    }

    [Fact]
    public void Alerts_MetricsTheyLookAt_AreShown()
    {
        string shown = SourceTree.ReadText("docs/metrics.md");
        List<string> metrics = [.. Metric().Matches(SourceTree.ReadText(RulesFile)).Select(match => match.Groups["name"].Value).Distinct()];

        Assert.NotEmpty(metrics);
        Assert.All(metrics, metric => Assert.Contains($"`{metric}`", shown, StringComparison.Ordinal));
    }

    // Found in a review: with no member up the expression had no value, and the alert was silent.
    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(1, 0, true)]
    [InlineData(2, 2, false)]
    [InlineData(2, 1, true)]
    [InlineData(3, 3, false)]
    [InlineData(3, 2, true)]
    [InlineData(3, 1, true)]
    [InlineData(3, 0, true)]
    [InlineData(5, 5, false)]
    [InlineData(5, 4, false)]
    [InlineData(5, 3, true)]
    [InlineData(5, 0, true)]
    public void QuorumInDanger_MembersThatAreUp_SpeaksWhenNoFurtherOneMayFail(int members, int up, bool speaks)
    {
        string expression = OneLineRule().Matches(SourceTree.ReadText(RulesFile))
            .Single(rule => rule.Groups["name"].Value == "EtcdQuorumInDanger").Groups["expression"].Value
            .Replace("sum(up{job=\"etcd\"})", up.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("count(up{job=\"etcd\"})", members.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        expression = Half().Replace(
            expression, match => (int.Parse(match.Groups["count"].Value, CultureInfo.InvariantCulture) / 2).ToString(CultureInfo.InvariantCulture));

        using var calculator = new DataTable { Locale = CultureInfo.InvariantCulture };
        object value = calculator.Compute(expression, filter: "");

        Assert.Equal(speaks, value);
    }
}
