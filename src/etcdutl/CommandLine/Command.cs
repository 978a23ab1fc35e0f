using Etcdctl.Completion;

namespace Etcdutl.CommandLine;

/// <summary>A node of the command tree.</summary>
/// <param name="use">Name and arguments.</param>
/// <param name="summary">One line that says what it does.</param>
internal sealed class Command(string use, string summary) : ICompletionNode
{
    private readonly List<Command> _children = [];

    public string Use { get; } = use;

    public string Summary { get; } = summary;

    /// <summary>Flags of this command alone.</summary>
    public IReadOnlyList<Flag> Flags { get; init; } = [];

    /// <summary>Flags of this command and all below it.</summary>
    public IReadOnlyList<Flag> InheritedFlags { get; init; } = [];

    /// <summary>What it does; <see langword="null"/> for a command that only groups others.</summary>
    public Action<Invocation>? Run { get; init; }

    /// <summary>The command that shows help for the words after it.</summary>
    public bool IsHelp { get; init; }

    /// <summary>Help and suggestions do not list it.</summary>
    public bool IsHidden { get; init; }

    /// <summary>What to use instead; said each time the command is used.</summary>
    public string? Deprecation { get; init; }

    /// <summary>The usage line has no mark that flags may follow.</summary>
    public bool HidesFlagsInUse { get; init; }

    public Command? Parent { get; private set; }

    public IReadOnlyList<Command> Children => _children;

    public string Name { get; } = use.Split(' ')[0];

    /// <summary>Words from the program to this command.</summary>
    public string Path => Parent is null ? Name : $"{Parent.Path} {Name}";

    /// <summary>The flags of its own, help among them, by name.</summary>
    public IReadOnlyList<Flag> OwnFlags =>
    [
        .. Flags
            .Concat(Parent is null ? InheritedFlags : [])
            .Append(new Flag("help", FlagKind.Switch, "false", $"help for {Name}", 'h'))
            .OrderBy(flag => flag.Name, StringComparer.Ordinal),
    ];

    /// <summary>The flags that come from the commands above.</summary>
    public IReadOnlyList<Flag> GlobalFlags => Parent is null ? [] : [.. Parent.InheritedFlags.Concat(Parent.GlobalFlags)];

    IEnumerable<(string Name, string Usage)> ICompletionNode.OfferedFlags =>
        OwnFlags.Concat(GlobalFlags).Where(flag => !flag.IsHidden).Select(flag => (flag.Name, flag.Usage));

    IEnumerable<ICompletionNode> ICompletionNode.OfferedChildren => _children.Where(child => !child.IsHidden);

    ICompletionNode? ICompletionNode.Find(string word) => FindChild(word);

    bool ICompletionNode.TakesNext(string flag) => new FlagValues([.. OwnFlags, .. GlobalFlags]).TakesNext(flag);

    public Command Add(Command child)
    {
        child.Parent = this;
        _children.Add(child);
        return this;
    }

    /// <summary>Finds a command below by its name, or by the beginning of it when only one fits.</summary>
    public Command? FindChild(string word)
    {
        Command[] fitting = [.. _children.Where(child => child.Name.StartsWith(word, StringComparison.Ordinal))];
        return _children.Find(child => child.Name == word) ?? (fitting.Length == 1 ? fitting[0] : null);
    }
}
