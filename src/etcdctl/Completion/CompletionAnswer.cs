namespace Etcdctl.Completion;

/// <summary>Answers the completion scripts: which words can stand where the cursor is. As in etcdctl's own protocol, one candidate a line with
/// its description behind a tab, and at the end a colon and a number: 4 says that no file name can stand there, 0 that one can.</summary>
/// <param name="root">The program.</param>
/// <param name="write">Writes a line of the answer.</param>
/// <param name="remark">Writes a line for people, beside it.</param>
/// <remarks>etcdctl and etcdutl compile this one file: both answer in the same words.</remarks>
internal sealed class CompletionAnswer(ICompletionNode root, Action<string> write, Action<string> remark)
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
        ICompletionNode command = root;
        bool wantsValue = false;
        foreach (string before in arguments.Skip(1).SkipLast(1))
        {
            if (wantsValue)
            {
                wantsValue = false;
            }
            else if (before.StartsWith('-'))
            {
                wantsValue = command.TakesNext(before);
            }
            else
            {
                command = command.Find(before) ?? command;
            }
        }

        int directive = wantsValue ? FilesToo : WriteCandidates(command, word, describes);
        write(":" + directive);
        remark(
            "Completion ended with directive: " + (directive == NoFiles ? "ShellCompDirectiveNoFileComp" : "ShellCompDirectiveDefault"));
        return true;
    }

    private int WriteCandidates(ICompletionNode command, string word, bool describes)
    {
        if (word.StartsWith('-'))
        {
            foreach ((string name, string usage) in command.OfferedFlags.OrderBy(flag => flag.Name, StringComparer.Ordinal))
            {
                WriteIfFits("--" + name, usage, word, describes);
            }

            return NoFiles;
        }

        ICompletionNode[] children = [.. command.OfferedChildren.OrderBy(child => child.Name, StringComparer.Ordinal)];
        foreach (ICompletionNode child in children)
        {
            WriteIfFits(child.Name, child.Summary, word, describes);
        }

        return children.Length > 0 ? NoFiles : FilesToo;
    }

    private void WriteIfFits(string candidate, string description, string word, bool describes)
    {
        if (candidate.StartsWith(word, StringComparison.Ordinal))
        {
            write(describes ? $"{candidate}\t{description}" : candidate);
        }
    }
}
