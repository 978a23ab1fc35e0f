using System.Text.RegularExpressions;

using Etcd.Testing;

namespace Etcd.Interop.Documentation;

/// <summary>The commands that docs/operations.md tells an operator to type.</summary>
internal static partial class OperationsPage
{
    /// <summary>The lines of one block below a heading, each a whole command without its comment.</summary>
    /// <param name="heading">Text of the heading, of any level.</param>
    /// <param name="number">Which of its blocks, from 1. Of a block that shows answers as well, only what is typed.</param>
    public static IReadOnlyList<string> Commands(string heading, int number = 1)
    {
        string page = File.ReadAllText(Path.Combine(SharedMaterial.RepositoryRoot, "docs", "operations.md"));
        string section = AnyHeading().Split(Regex.Split(page, $@"(?m)^#+ {Regex.Escape(heading)}\n")[1])[0];
        Match block = Block().Matches(section)[number - 1];
        string[] lines = block.Groups["text"].Value.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        bool showsAnswers = block.Groups["kind"].Value == "console";
        return [.. lines.Where(line => !showsAnswers || line.StartsWith("$ ", StringComparison.Ordinal)).Select(line => line.Split(" # ")[0].TrimStart('$', ' '))];
    }

    [GeneratedRegex("(?m)^#+ ")]
    private static partial Regex AnyHeading();

    [GeneratedRegex("(?ms)^```(?<kind>sh|console)\n(?<text>.*?)^```")]
    private static partial Regex Block();
}
