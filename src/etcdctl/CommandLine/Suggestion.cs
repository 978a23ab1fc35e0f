using System.Text;

namespace Etcdctl.CommandLine;

/// <summary>Names of commands that a mistyped one may have meant.</summary>
internal static class Suggestion
{
    private const int DistanceMax = 2;
    private const int DistanceOfLaterMax = 1;

    /// <summary>The paragraph after "unknown command"; empty when nothing is near.</summary>
    public static string For(string word, Command root)
    {
        StringBuilder text = new();
        foreach (Command command in root.Children)
        {
            if (Distance(word, command.Name) <= (command.IsLater ? DistanceOfLaterMax : DistanceMax)
                || command.Name.StartsWith(word, StringComparison.OrdinalIgnoreCase))
            {
                text.Append(text.Length == 0 ? "\n\nDid you mean this?\n" : "").Append('\t').Append(command.Name).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>Insertions, deletions and replacements between two words, without regard to case.</summary>
    private static int Distance(string a, string b)
    {
        a = a.ToLowerInvariant();
        b = b.ToLowerInvariant();
        int[] row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
