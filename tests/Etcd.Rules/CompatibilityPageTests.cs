using System.Text.RegularExpressions;

namespace Etcd.Rules;

/// <summary>docs/compatibility.md says what the programs answer to, all of it and nothing else.</summary>
public partial class CompatibilityPageTests
{
    private const string Page = "docs/compatibility.md";

    [GeneratedRegex("`(?<text>[^`]+)`")]
    private static partial Regex Quoted();

    [Fact]
    public void Calls_OfThePage_AreThoseOfTheServices() => Assert.Equal(ServedSurface.Calls(), Cells("Calls", 0));

    [Fact]
    public void Calls_OfTheProtocol_AreAllServed() => Assert.Empty(ServedSurface.DeclaredCalls().Except(ServedSurface.Calls()));

    [Fact]
    public void GatewayPaths_OfThePage_AreThoseOfTheGateway() => Assert.Equal(ServedSurface.GatewayPaths(), Cells("Calls", 1));

    [Fact]
    public void HttpPaths_OfThePage_HoldThoseOfTheSource()
    {
        SortedSet<string> shown = Cells("Paths", 0);

        Assert.All(
            ServedSurface.HttpPaths(),
            path => Assert.Contains(shown, row => row == path || row.StartsWith(path + "/", StringComparison.Ordinal)));
    }

    [Fact]
    public void EtcdctlCommands_OfThePage_AreThoseOfTheProgram() => Assert.Equal(ServedSurface.EtcdctlCommands(), Cells("Commands of etcdctl", 0));

    [Fact]
    public void EtcdctlV2Commands_OfThePage_AreThoseOfTheProgram() =>
        Assert.Equal(ServedSurface.EtcdctlV2Commands(), Cells("Commands of etcdctl under ETCDCTL_API=2", 0));

    [Fact]
    public void EtcdutlCommands_OfThePage_AreThoseOfTheProgram() => Assert.Equal(ServedSurface.EtcdutlCommands(), Cells("Commands of etcdutl", 0));

    [Fact]
    public void EtcdCommands_OfThePage_AreThoseOfTheProgram()
    {
        IEnumerable<string> words = Cells("Proxies", 0).SelectMany(command => command.Split(' ').Skip(1)).Distinct();

        Assert.Equal(ServedSurface.EtcdCommandWords(), words.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void AbsentThings_OfThePage_AreAbsent()
    {
        IEnumerable<string> served =
        [
            .. ServedSurface.Calls(), .. ServedSurface.GatewayPaths(), .. ServedSurface.HttpPaths(),
            .. ServedSurface.EtcdctlCommands().Select(command => $"etcdctl {command}"),
            .. ServedSurface.EtcdctlV2Commands().Select(command => $"ETCDCTL_API=2 etcdctl {command}"),
            .. ServedSurface.EtcdutlCommands().Select(command => $"etcdutl {command}"),
        ];

        SortedSet<string> absent = Cells("What is not there", 0);

        Assert.NotEmpty(absent);
        Assert.Empty(absent.Intersect(served));
    }

    /// <summary>What stands in backticks in one column of the tables under a heading.</summary>
    private static SortedSet<string> Cells(string heading, int column)
    {
        string page = SourceTree.ReadText(Page);
        int begin = page.IndexOf($"## {heading}\n", StringComparison.Ordinal);
        Assert.True(begin >= 0, $"{Page} has no heading '{heading}'");
        int end = page.IndexOf("\n## ", begin, StringComparison.Ordinal);
        string section = end < 0 ? page[begin..] : page[begin..end];
        return new SortedSet<string>(
            from line in section.Split('\n')
            where line.StartsWith("| `", StringComparison.Ordinal)
            from match in Quoted().Matches(line.Split('|')[column + 1])
            select match.Groups["text"].Value,
            StringComparer.Ordinal);
    }
}
