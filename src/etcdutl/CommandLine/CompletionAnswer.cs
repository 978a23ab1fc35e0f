namespace Etcdutl.CommandLine;

/// <summary>Answers the completion scripts: which words can stand where the cursor is. As in etcd's own protocol, one candidate a line with
/// its description behind a tab, and at the end a colon and a number: 4 says that no file name can stand there, 0 that one can.</summary>
internal sealed class CompletionAnswer(Command root, TextWriter output, TextWriter errors)
{
    /// <summary>The word by which scripts ask for candidates with descriptions.</summary>
    public const string DescribedWord = "__complete";

    /// <summary>The word by which they ask for bare candidates.</summary>
    public const string PlainWord = "__completeNoDesc";

    private const int FilesToo = 0;
    private const int NoFiles = 4;

    /// <summary>Answers if that is what the program was started for.</summary>
    /// <param name="arguments">Its arguments.</param>
    public bool TryAnswer(IReadOnlyList<string> arguments)
    {
        if (arguments.Count < 2 || arguments[0] is not (DescribedWord or PlainWord))
        {
            return false;
        }

        bool describes = arguments[0] == DescribedWord;
        string word = arguments[^1];
        Command command = root;
        bool wantsValue = false;
        foreach (string before in arguments.Skip(1).SkipLast(1))
        {
            if (wantsValue)
            {
                wantsValue = false;
            }
            else if (before.StartsWith('-'))
            {
                wantsValue = new FlagValues([.. command.OwnFlags, .. command.GlobalFlags]).TakesNext(before);
            }
            else
            {
                command = command.FindChild(before) ?? command;
            }
        }

        int directive = wantsValue ? FilesToo : WriteCandidates(command, word, describes);
        output.WriteLine(":" + directive);
        errors.WriteLine(
            "Completion ended with directive: " + (directive == NoFiles ? "ShellCompDirectiveNoFileComp" : "ShellCompDirectiveDefault"));
        return true;
    }

    private int WriteCandidates(Command command, string word, bool describes)
    {
        if (word.StartsWith('-'))
        {
            foreach (Flag flag in command.OwnFlags.Concat(command.GlobalFlags).Where(flag => !flag.IsHidden).OrderBy(flag => flag.Name, StringComparer.Ordinal))
            {
                WriteIfFits("--" + flag.Name, flag.Usage, word, describes);
            }

            return NoFiles;
        }

        foreach (Command child in command.Children.Where(child => !child.IsHidden).OrderBy(child => child.Name, StringComparer.Ordinal))
        {
            WriteIfFits(child.Name, child.Summary, word, describes);
        }

        return command.Children.Count > 0 ? NoFiles : FilesToo;
    }

    private void WriteIfFits(string candidate, string description, string word, bool describes)
    {
        if (candidate.StartsWith(word, StringComparison.Ordinal))
        {
            output.WriteLine(describes ? $"{candidate}\t{description}" : candidate);
        }
    }
}
