namespace Etcd.Rules;

/// <summary>Using directives stand in the order an editor sorts them: <c>System</c> first, then by name, a block for each first part of a name.</summary>
public class UsingOrderTests
{
    private const string Keyword = "using ";

    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    [InlineData("bench")]
    public void UsingDirectives_OfEveryFile_AreSorted(string directory)
    {
        var unsorted = new List<string>();
        foreach (string file in SourceTree.In(directory, ".cs"))
        {
            List<string> names = [.. File.ReadLines(SourceTree.FullPath(file)).TakeWhile(line => !line.StartsWith("namespace ", StringComparison.Ordinal))
                .Where(line => line.StartsWith(Keyword, StringComparison.Ordinal) && line.EndsWith(';') && !line.Contains('=', StringComparison.Ordinal)
                    && !line.StartsWith("using static ", StringComparison.Ordinal) && !line.Contains('(', StringComparison.Ordinal))
                .Select(line => line[Keyword.Length..^1])];
            for (int i = 1; i < names.Count; i++)
            {
                if (Compare(names[i - 1], names[i]) > 0)
                {
                    unsorted.Add($"{file}: {names[i - 1]} stands before {names[i]}");
                }
            }
        }

        Assert.True(unsorted.Count == 0, string.Join('\n', unsorted));
    }

    private static int Compare(string left, string right)
    {
        string[] lefts = left.Split('.');
        string[] rights = right.Split('.');
        bool isSystem = lefts[0] == "System";
        if (isSystem != (rights[0] == "System"))
        {
            return isSystem ? -1 : 1;
        }

        for (int i = 0; i < Math.Min(lefts.Length, rights.Length); i++)
        {
            int order = string.Compare(lefts[i], rights[i], StringComparison.OrdinalIgnoreCase);
            if (order != 0)
            {
                return order;
            }
        }

        return lefts.Length - rights.Length;
    }
}
