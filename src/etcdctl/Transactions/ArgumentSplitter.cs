namespace Etcdctl.Transactions;

/// <summary>Splits a line of a transaction or of an interactive watch into words.</summary>
/// <remarks>
/// Words stand between blanks; <c>'...'</c> is taken as it is, <c>"..."</c> with escapes. A quote that is never closed, and a quote
/// in front of a word without its partner, are skipped.
/// </remarks>
internal static class ArgumentSplitter
{
    /// <exception cref="CommandFailedException">A double-quoted word has a wrong escape.</exception>
    public static List<string> Split(string line)
    {
        List<string> words = [];
        int at = 0;
        while (at < line.Length)
        {
            int end = WordEnd(line, at);
            if (end > at)
            {
                words.Add(Unquote(line[at..end]));
            }

            at = Math.Max(end, at + 1);
        }

        return words;
    }

    private static int WordEnd(string line, int start)
    {
        char first = line[start];
        if (char.IsWhiteSpace(first))
        {
            return start;
        }

        return first switch
        {
            '"' => DoubleQuotedEnd(line, start),
            '\'' => line.IndexOf('\'', start + 1) + 1,
            _ => BareEnd(line, start),
        };
    }

    private static int DoubleQuotedEnd(string line, int start)
    {
        for (int i = start + 1; i < line.Length; i++)
        {
            if (line[i] == '\\')
            {
                i++;
            }
            else if (line[i] == '"')
            {
                return i + 1;
            }
        }

        return start;
    }

    private static int BareEnd(string line, int start)
    {
        int end = start + 1;
        while (end < line.Length && !char.IsWhiteSpace(line[end]))
        {
            end++;
        }

        return end;
    }

    private static string Unquote(string word)
    {
        if (word[0] == '\'')
        {
            return word[1..^1];
        }

        if (word[0] != '"')
        {
            return word;
        }

        int at = 0;
        return QuotedText.TryRead(word, ref at, out string text)
            ? text
            : throw CommandFailedException.Because(ExitCode.InvalidInput, "invalid syntax");
    }
}
