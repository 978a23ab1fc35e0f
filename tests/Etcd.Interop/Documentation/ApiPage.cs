using System.Text.RegularExpressions;

using Etcd.Testing;

namespace Etcd.Interop.Documentation;

/// <summary>The examples of docs/api.md.</summary>
internal static partial class ApiPage
{
    private const string Left = "…";

    /// <summary>The requests of the JSON gateway, in their order.</summary>
    public static async Task<IReadOnlyList<ApiExample>> RequestsAsync() =>
    [
        .. (await RowsAsync("JSON gateway")).Select(row => new ApiExample(
            row[0], CodeIn(row[1]).Single(), [.. CodeIn(row[2]).Where(code => code.StartsWith('{'))])),
    ];

    /// <summary>The commands of etcdctl, in their order; what is printed stands behind an arrow.</summary>
    public static async Task<IReadOnlyList<ApiExample>> CommandsAsync() =>
    [
        .. (await RowsAsync("etcdctl and C#")).Where(row => row[1].Length > 0).Select(row => new ApiExample(
            row[0], CodeIn(row[1].Split('→')[0]).Single(), CodeIn(string.Concat(row[1].Split('→').Skip(1))))),
    ];

    /// <summary>What is typed behind a <c>$</c> outside the tables, and the lines below it.</summary>
    public static async Task<IReadOnlyList<ApiExample>> SessionsAsync() =>
    [
        .. Session().Matches(await ReadAsync()).Select(match => new ApiExample(
            "", match.Groups["command"].Value, match.Groups["lines"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))),
    ];

    /// <summary>The lines of C#.</summary>
    public static async Task<IReadOnlyList<string>> ClientLinesAsync() =>
        [.. (await RowsAsync("etcdctl and C#")).SelectMany(row => CodeIn(row[2]))];

    /// <summary>Whether a text is what an example says, where numbers, ids and what the example leaves out may be any.</summary>
    public static bool Says(string example, string text)
    {
        string pattern = string.Join(".*", example.Split(Left).Select(Regex.Escape));
        pattern = HexId().Replace(pattern, "[0-9a-f]+");
        return Regex.IsMatch(text, $"^{Number().Replace(pattern, "[0-9]+")}$", RegexOptions.Singleline);
    }

    /// <summary>A text with one space for each run of white space.</summary>
    public static string Joined(string text) => WhiteSpace().Replace(text, " ");

    private static async Task<IReadOnlyList<string[]>> RowsAsync(string heading) =>
    [
        .. (await ReadAsync()).Split($"\n## {heading}\n")[1].Split('\n')
            .SkipWhile(line => !line.StartsWith('|')).TakeWhile(line => line.StartsWith('|')).Skip(2)
            .Select(line => CellEnd().Split(line.Trim().Trim('|')).Select(cell => cell.Trim().Replace("\\|", "|", StringComparison.Ordinal)).ToArray()),
    ];

    private static string[] CodeIn(string cell) => [.. Code().Matches(cell).Select(match => match.Groups[1].Value)];

    private static Task<string> ReadAsync() =>
        File.ReadAllTextAsync(Path.Combine(SharedMaterial.RepositoryRoot, "docs", "api.md"), TestContext.Current.CancellationToken);

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex CellEnd();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex("(?<![0-9a-f])(?=[0-9]*[a-f])[0-9a-f]{15,16}(?![0-9a-f])")]
    private static partial Regex HexId();

    [GeneratedRegex(@"(?<![\[\-])[0-9]+(?!\])")]
    private static partial Regex Number();

    [GeneratedRegex(@"```bash\n\$ (?<command>[^\n]+)\n(?<lines>[^`]*)```")]
    private static partial Regex Session();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();
}
