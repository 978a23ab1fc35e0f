namespace Etcdutl.CommandLine;

/// <summary>Commands that a mistyped word may have meant.</summary>
internal static class Suggestion
{
    private const int DistanceMax = 2;

    /// <summary>The paragraph after "unknown command"; empty when nothing is near.</summary>
    public static string For(string word, Command root)
    {
        string[] near =
        [
            .. root.Children
                .Where(child => !child.IsHidden)
                .Where(child => Distance(word, child.Name) <= DistanceMax || child.Name.StartsWith(word, StringComparison.OrdinalIgnoreCase))
                .Select(child => $"\t{child.Name}\n"),
        ];
        return near.Length == 0 ? string.Empty : $"\n\nDid you mean this?\n{string.Concat(near)}";
    }

    /// <summary>Letters to insert, delete or replace to make one word of the other, without regard to case.</summary>
    private static int Distance(string left, string right)
    {
        (left, right) = (left.ToUpperInvariant(), right.ToUpperInvariant());
        int[] above = [.. Enumerable.Range(0, right.Length + 1)];
        for (int row = 1; row <= left.Length; row++)
        {
            int[] current = new int[above.Length];
            current[0] = row;
            for (int column = 1; column < current.Length; column++)
            {
                int replaced = above[column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1);
                current[column] = Math.Min(replaced, 1 + Math.Min(above[column], current[column - 1]));
            }

            above = current;
        }

        return above[^1];
    }
}
