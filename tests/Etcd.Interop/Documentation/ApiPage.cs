using System.Text.RegularExpressions;

using Etcd.Testing;

namespace Etcd.Interop.Documentation;

/// <summary>The tables of docs/api.md.</summary>
internal static partial class ApiPage
{
    private const string Left = "…";

    /// <summary>Rows of the table below a heading: the cells, each as it stands.</summary>
    /// <param name="heading">Text of the heading.</param>
    public static async Task<IReadOnlyList<string[]>> RowsAsync(string heading)
    {
        string page = await File.ReadAllTextAsync(
            Path.Combine(SharedMaterial.RepositoryRoot, "docs", "api.md"), TestContext.Current.CancellationToken);
        return
        [
            .. page.Split($"\n## {heading}\n")[1].Split('\n')
                .SkipWhile(line => !line.StartsWith('|')).TakeWhile(line => line.StartsWith('|')).Skip(2)
                .Select(line => CellEnd().Split(line.Trim().Trim('|')).Select(cell => cell.Trim().Replace("\\|", "|", StringComparison.Ordinal)).ToArray()),
        ];
    }

    /// <summary>What stands as code in a cell.</summary>
    public static string[] CodeIn(string cell) => [.. Code().Matches(cell).Select(match => match.Groups[1].Value)];

    /// <summary>Whether a text is what an example says, where numbers, ids and what the example leaves out may be any.</summary>
    public static bool Says(string example, string text)
    {
        string pattern = string.Join(".*", example.Split(Left).Select(Regex.Escape));
        pattern = HexId().Replace(pattern, "[0-9a-f]+");
        return Regex.IsMatch(text, $"^{Number().Replace(pattern, "[0-9]+")}$", RegexOptions.Singleline);
    }

    /// <summary>Whether an example can be run as it stands.</summary>
    public static bool IsComplete(string example) => !example.Contains(Left, StringComparison.Ordinal);

    /// <summary>A text with one space for each run of white space.</summary>
    public static string Joined(string text) => WhiteSpace().Replace(text, " ");

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex CellEnd();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex("(?<![0-9a-f])(?=[0-9]*[a-f])[0-9a-f]{15,16}(?![0-9a-f])")]
    private static partial Regex HexId();

    [GeneratedRegex(@"(?<![\[\-])[0-9]+(?!\])")]
    private static partial Regex Number();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
