using System.Text.RegularExpressions;

namespace Etcd.Rules;

/// <summary>No setting of the server is a flag that does nothing: what the tables of settings write, other code reads.</summary>
public partial class SettingEffectTests
{
    private const string Directory = "src/Etcd.Hosting/Settings";

    [GeneratedRegex(@"^    public [^(=;]+ (?<name>[A-Z]\w*) \{ get; (set|init); \}", RegexOptions.Multiline)]
    private static partial Regex Property();

    [Fact]
    public void Settings_EachOfThem_IsReadOutsideItsTable()
    {
        string[] holders = ["MemberSettings.cs", "TlsSettings.cs", "V3DiscoverySettings.cs"];
        string[] names = [.. holders.SelectMany(file => Property().Matches(SourceTree.ReadText($"{Directory}/{file}"))).Select(match => match.Groups["name"].Value)];
        string readers = string.Concat(SourceTree.In("src", ".cs")
            .Where(file => !file.EndsWith("Table.cs", StringComparison.Ordinal) && !holders.Contains(Path.GetFileName(file), StringComparer.Ordinal))
            .Select(SourceTree.ReadText));

        Assert.True(names.Length > 80, $"only {names.Length} settings were found");
        string[] unread = [.. names.Where(name => !Regex.IsMatch(readers, $@"\.{name}\b(?!\s*=[^=])"))];
        Assert.True(unread.Length == 0, string.Join(", ", unread));
    }
}
