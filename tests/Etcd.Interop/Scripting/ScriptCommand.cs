namespace Etcd.Interop.Scripting;

/// <summary>One line of a script: what to run, what to feed it, and when to stop it.</summary>
/// <param name="Text">The line as written, without its line count.</param>
/// <param name="Input">Lines for standard input.</param>
/// <param name="StopAfterLines">Ends the command after this many lines of output; 0 lets it end by itself.</param>
internal sealed record ScriptCommand(string Text, IReadOnlyList<string> Input, int StopAfterLines)
{
    /// <summary>Reads a script: <c>#</c> begins a comment, <c>&lt;</c> a line of input for the command above, <c>@N</c> a command to be
    /// stopped after N lines of output.</summary>
    public static IReadOnlyList<ScriptCommand> Parse(IEnumerable<string> lines)
    {
        var commands = new List<ScriptCommand>();
        foreach (string line in lines.Where(line => line.Length > 0 && line[0] != '#'))
        {
            if (line[0] == '<')
            {
                commands[^1] = commands[^1] with { Input = [.. commands[^1].Input, line.Length > 2 ? line[2..] : ""] };
            }
            else if (line[0] == '@')
            {
                string[] parts = line[1..].Split(' ', 2);
                commands.Add(new ScriptCommand(parts[1], [], int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture)));
            }
            else
            {
                commands.Add(new ScriptCommand(line, [], 0));
            }
        }

        return commands;
    }

    /// <summary>The line's words; double quotes keep spaces together.</summary>
    public IReadOnlyList<string> Words()
    {
        var words = new List<string>();
        string word = "";
        bool isQuoted = false;
        bool hasWord = false;
        foreach (char character in Text)
        {
            if (character == '"')
            {
                isQuoted = !isQuoted;
                hasWord = true;
            }
            else if (character == ' ' && !isQuoted)
            {
                AddWord();
            }
            else
            {
                word += character;
                hasWord = true;
            }
        }

        AddWord();
        return words;

        void AddWord()
        {
            if (hasWord)
            {
                words.Add(word);
            }

            word = "";
            hasWord = false;
        }
    }
}
