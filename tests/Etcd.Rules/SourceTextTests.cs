using System.Text.RegularExpressions;

namespace Etcd.Rules;

/// <summary>What source text may not contain, and what its files may not be called.</summary>
public partial class SourceTextTests
{
    private const int LinesMax = 600;

    // Words that mark unfinished work. The list is spelled in pieces so that this file does not trip over itself.
    [GeneratedRegex("NotImplemented" + "Exception|\\bTO" + "DO\\b|\\bFIX" + "ME\\b|\\bHA" + "CK\\b|\\bfor" + " now\\b", RegexOptions.IgnoreCase)]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"catch\s*(\([^)]*\))?\s*\{\s*\}")]
    private static partial Regex EmptyCatch();

    // A wait for nothing but time needs its reason in a comment on the line above.
    [GeneratedRegex(@"(?<!^\s*//[^\n]*\n[^\n]*)(\bThread\.Sleep\(|\bTask\.Delay\(\s*[0-9])", RegexOptions.Multiline)]
    private static partial Regex Sleep();

    [GeneratedRegex(@"(utils?|helpers?|common|misc)\.[a-z]+$", RegexOptions.IgnoreCase)]
    private static partial Regex EmptyName();

    [GeneratedRegex(@"^\s*#pragma warning disable(?!.*//)", RegexOptions.Multiline)]
    private static partial Regex BareSuppression();

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    [InlineData("bench")]
    public void SourceFiles_Text_HasNoMarkOfUnfinishedWork(string directory) => AssertNoMatch(directory, Unfinished());

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    [InlineData("bench")]
    public void SourceFiles_CatchBlocks_AreNotEmpty(string directory) => AssertNoMatch(directory, EmptyCatch());

    [Fact]
    public void Tests_WaitForTimeAlone_GivesItsReason() => AssertNoMatch("tests", Sleep());

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    [InlineData("bench")]
    public void SourceFiles_SilencedWarnings_GiveTheirReason(string directory) => AssertNoMatch(directory, BareSuppression());

    [Fact]
    public void FileNames_AllOfThem_SayWhatIsInside() =>
        Assert.DoesNotContain(SourceTree.Files, file => EmptyName().IsMatch(file));

    [Fact]
    public void SourceFiles_Length_StaysReadable()
    {
        // A file may have a reason to be longer, so this one tells and does not fail.
        foreach (string file in SourceTree.In("src", ".cs").Concat(SourceTree.In("tests", ".cs")))
        {
            int lines = File.ReadLines(SourceTree.FullPath(file)).Count();
            if (lines > LinesMax)
            {
                TestContext.Current.AddWarning($"{file} has {lines} lines; does it still hold one idea?");
            }
        }
    }

    private static void AssertNoMatch(string directory, Regex pattern)
    {
        IEnumerable<string> matches =
            from file in SourceTree.In(directory, ".cs", ".csproj", ".proto", ".sh")
            where file != "tests/Etcd.Rules/SourceTextTests.cs"
            let text = SourceTree.ReadText(file)
            from Match match in pattern.Matches(text)
            select $"{file}:{1 + text.AsSpan(0, match.Index).Count('\n')}: {match.Value.Trim()}";

        Assert.Empty(matches);
    }
}
