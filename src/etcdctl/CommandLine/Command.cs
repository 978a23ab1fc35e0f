using Etcdctl.Completion;

namespace Etcdctl.CommandLine;

/// <summary>A node of the command tree.</summary>
internal sealed class Command(string use, string summary) : ICompletionNode
{
    private readonly List<Command> _children = [];

    /// <summary>First line of help after the program and the commands above: name and arguments.</summary>
    public string Use { get; } = use;

    /// <summary>One line that says what it does.</summary>
    public string Summary { get; } = summary;

    /// <summary>Paragraphs for help; lines end in LF.</summary>
    public string? Description { get; init; }

    /// <summary>Flags of this command alone.</summary>
    public Flag[] Flags { get; init; } = [];

    /// <summary>Flags of this command and all below it.</summary>
    public Flag[] InheritedFlags { get; init; } = [];

    /// <summary>A command that etcdctl 3.5 does not have: abbreviations and mistyped words mean those of 3.5 first.</summary>
    public bool IsLater { get; init; }

    /// <summary>What it does; <see langword="null"/> for a command that only groups others.</summary>
    public Func<CommandContext, Task>? Run { get; init; }

    /// <summary>The command above; <see langword="null"/> for the program itself.</summary>
    public Command? Parent { get; private set; }

    /// <summary>Commands below, in the order they were added, which is the order of suggestions.</summary>
    public IReadOnlyList<Command> Children => _children;

    /// <summary>The word that calls it.</summary>
    public string Name { get; } = use.Split(' ')[0];

    /// <summary>Words from the program to this command.</summary>
    public string Path => Parent is null ? Name : Parent.Path + " " + Name;

    IEnumerable<(string Name, string Usage)> ICompletionNode.OfferedFlags => AllFlags().Sorted.Select(flag => (flag.Name, flag.Usage));

    IEnumerable<ICompletionNode> ICompletionNode.OfferedChildren => _children;

    ICompletionNode? ICompletionNode.Find(string word) => FindChild(word);

    bool ICompletionNode.TakesNext(string flag) => AllFlags().TakesNext(flag);

    /// <summary>Adds a command below this one.</summary>
    public Command Add(Command child)
    {
        child.Parent = this;
        _children.Add(child);
        return this;
    }

    /// <summary>Finds a command below by its name, or by the beginning of it when only one fits.</summary>
    public Command? FindChild(string word)
    {
        Command? match = null;
        int matches = 0;
        foreach (Command child in _children)
        {
            if (child.Name == word)
            {
                return child;
            }

            if (!child.Name.StartsWith(word, StringComparison.Ordinal) || (child.IsLater && match is { IsLater: false }))
            {
                continue;
            }

            matches = match is { IsLater: true } && !child.IsLater ? 1 : matches + 1;
            match = child;
        }

        return matches == 1 ? match : null;
    }

    /// <summary>Every flag that may be given with this command.</summary>
    public FlagSet AllFlags()
    {
        FlagSet flags = new();
        foreach (Flag flag in Flags)
        {
            flags.Add(flag);
        }

        for (Command? command = this; command is not null; command = command.Parent)
        {
            foreach (Flag flag in command.InheritedFlags)
            {
                flags.Add(flag);
            }
        }

        flags.Add(new Flag("help", FlagKind.Switch, "false", "help for " + Name, 'h'));
        return flags;
    }

    /// <summary>The flags that come from the commands above.</summary>
    public IEnumerable<Flag> FlagsFromAbove()
    {
        for (Command? command = Parent; command is not null; command = command.Parent)
        {
            foreach (Flag flag in command.InheritedFlags)
            {
                yield return flag;
            }
        }
    }
}
