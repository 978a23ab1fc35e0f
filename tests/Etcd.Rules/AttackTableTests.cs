using System.Text.RegularExpressions;

namespace Etcd.Rules;

/// <summary>Each test that docs/security.md names in its table of attacks is there, so that no row promises what nobody checks.</summary>
public partial class AttackTableTests
{
    private const string Page = "docs/security.md";

    // A class, a class with a method, or a further method of the class before it. "…" stands for the beginning of a name.
    [GeneratedRegex("`(?:(?<class>[A-Z][A-Za-z0-9]*Tests)(?:\\.(?<method>[A-Za-z0-9_…]+))?|(?<method>[A-Z][A-Za-z0-9_]+_[A-Za-z0-9_]+))`")]
    private static partial Regex Named();

    [GeneratedRegex("`[^`]+`")]
    private static partial Regex Quoted();

    public static IEnumerable<TheoryDataRow<string, string>> Rows() => SourceTree.ReadText(Page)
        .Split("## Attacks and the tests", 2)[1].Split("\n## ", 2)[0]
        .Split('\n')
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith("| attack ", StringComparison.Ordinal))
        .Select(line => line.Split(" | "))
        .Select(cells => new TheoryDataRow<string, string>(cells[0].TrimStart('|', ' '), cells[1]));

    [Fact]
    public void Page_TellsHowToReport() => Assert.Contains("\n## Reporting\n", SourceTree.ReadText(Page), StringComparison.Ordinal);

    [Fact]
    public void Table_HasRows() => Assert.True(Rows().Count() > 40);

    [Theory]
    [MemberData(nameof(Rows))]
    public void Row_TestsItNames_AreThere(string attack, string tests)
    {
        MatchCollection named = Named().Matches(tests);
        Assert.True(named.Count > 0, $"no test for: {attack}");
        Assert.Equal(Quoted().Count(tests), named.Count);

        string text = string.Empty;
        foreach (Match test in named)
        {
            if (test.Groups["class"] is { Success: true } type)
            {
                string file = Assert.Single(SourceTree.In("tests", ".cs"), file => Path.GetFileNameWithoutExtension(file) == type.Value);
                text = SourceTree.ReadText(file);
            }

            if (test.Groups["method"] is { Success: true } method)
            {
                Assert.Matches($" {Regex.Escape(method.Value).Replace("…", "\\w+", StringComparison.Ordinal)}\\(", text);
            }
        }
    }
}
