using System.Text.RegularExpressions;

namespace Etcd.Rules;

/// <summary>Documentation is whole: its links lead somewhere and its commands exist.</summary>
public partial class DocumentationTests
{
    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+\s+(?<title>.+?)\s*$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"```.*?```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("[^a-z0-9 _-]")]
    private static partial Regex NotInAnchor();

    public static IEnumerable<TheoryDataRow<string>> Pages() =>
        SourceTree.Files.Where(file => Path.GetExtension(file) == ".md").Select(file => new TheoryDataRow<string>(file));

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_LocalLinks_LeadToFilesAndHeadings(string page)
    {
        IEnumerable<string> dead = Link().Matches(CodeBlock().Replace(SourceTree.ReadText(page), ""))
            .Select(match => match.Groups["target"].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal))
            .Where(target => !Exists(page, target));

        Assert.Empty(dead);
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("CONTRIBUTING.md")]
    [InlineData("CHANGELOG.md")]
    [InlineData("LICENSE")]
    [InlineData("docs/architecture.md")]
    [InlineData("build.sh")]
    [InlineData("test.sh")]
    [InlineData(".ci/run")]
    public void Repository_PromisedFile_IsThere(string file) => Assert.Contains(file, SourceTree.Files);

    [Theory]
    [InlineData("dotnet run -c Release --project src/etcd")]
    [InlineData("./test.sh")]
    [InlineData("./build.sh")]
    public void Readme_Commands_AreNamed(string command) =>
        Assert.Contains(command, SourceTree.ReadText("README.md"), StringComparison.Ordinal);

    [Fact]
    public void CiScript_Tests_AreRunByTheReadmeCommand() =>
        Assert.Contains("./test.sh", SourceTree.ReadText(".ci/run"), StringComparison.Ordinal);

    private static bool Exists(string page, string target)
    {
        string[] parts = target.Split('#', 2);
        string file = parts[0].Length == 0
            ? page
            : Path.GetRelativePath(".", Path.Combine(Path.GetDirectoryName(page)!, Uri.UnescapeDataString(parts[0]))).Replace('\\', '/');
        string fullPath = SourceTree.FullPath(file);
        if (parts.Length == 1)
        {
            return File.Exists(fullPath) || Directory.Exists(fullPath);
        }

        return File.Exists(fullPath) && Anchors(File.ReadAllText(fullPath)).Contains(parts[1]);
    }

    private static IEnumerable<string> Anchors(string text) =>
        Heading().Matches(CodeBlock().Replace(text, "")).Select(match =>
            NotInAnchor().Replace(match.Groups["title"].Value.ToLowerInvariant(), "").Replace(' ', '-'));
}
