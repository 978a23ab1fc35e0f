using System.Text;

namespace Etcd.Hosting.Settings;

/// <summary>The tables of <c>docs/configuration.md</c>, written from <see cref="SettingsTable"/>.</summary>
public static class SettingsMarkdown
{
    /// <summary>One table for each group of settings, in the order of the help text; lines end with a line feed.</summary>
    public static string Tables()
    {
        var text = new StringBuilder();
        foreach (IGrouping<string, Setting> group in SettingsTable.All.GroupBy(setting => setting.Group))
        {
            text.Append($"### {group.Key}\n\n| flag | variable | default | meaning |\n|---|---|---|---|\n");
            foreach (Setting setting in group)
            {
                string defaultText = setting.DefaultText.Length == 0 ? "empty" : $"`{setting.DefaultText}`";
                text.Append(
                    $"| `--{setting.Name}` | `{setting.EnvironmentVariable}` | {defaultText} | {InCell(setting.Description)} |\n");
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    // A bar would end the cell.
    private static string InCell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
