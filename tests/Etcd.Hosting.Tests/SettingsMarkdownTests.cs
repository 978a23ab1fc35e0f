using Etcd.Hosting.Settings;
using Etcd.Testing;

namespace Etcd.Hosting.Tests;

// docs/configuration.md is read by people who do not have the program at hand: it must say what the program does.
public sealed class SettingsMarkdownTests
{
    private const string Begin = "<!-- settings: begin -->\n";
    private const string End = "<!-- settings: end -->";

    [Fact]
    public void ConfigurationPage_Tables_AreThoseOfTheSettingsTable()
    {
        string path = Path.Combine(SharedMaterial.RepositoryRoot, "docs", "configuration.md");
        string tables = SettingsMarkdown.Tables();

        string[] parts = File.ReadAllText(path).Split([Begin, End], StringSplitOptions.None);

        Assert.Equal(3, parts.Length);
        if (Environment.GetEnvironmentVariable("REWRITE_DOCS") == "1")
        {
            File.WriteAllText(path, parts[0] + Begin + tables + End + parts[2]);
        }

        Assert.True(parts[1] == tables, "docs/configuration.md has drifted: run this test with REWRITE_DOCS=1 and look at what changed");
    }

    [Fact]
    public void Tables_EverySetting_HasOneRowOfFourCells()
    {
        string[] rows = [.. SettingsMarkdown.Tables().Split('\n').Where(line => line.StartsWith("| `--", StringComparison.Ordinal))];

        Assert.Equal(SettingsTable.All.Select(setting => setting.Name), rows.Select(row => row.Split('`')[1][2..]));
        Assert.All(rows, row => Assert.Equal(5, row.Replace("\\|", "", StringComparison.Ordinal).Count(sign => sign == '|')));
    }
}
