namespace Etcdctl.Completion;

/// <summary>A command as completion sees it.</summary>
internal interface ICompletionNode
{
    /// <summary>The word that calls it.</summary>
    string Name { get; }

    /// <summary>One line that says what it does.</summary>
    string Summary { get; }

    /// <summary>Names, without dashes, and help lines of the flags that may be offered with it.</summary>
    IEnumerable<(string Name, string Usage)> OfferedFlags { get; }

    /// <summary>The commands below it that may be offered.</summary>
    IEnumerable<ICompletionNode> OfferedChildren { get; }

    /// <summary>The command below it that a word calls; <see langword="null"/> for none.</summary>
    ICompletionNode? Find(string word);

    /// <summary>Whether a flag takes the argument after it as its value.</summary>
    bool TakesNext(string flag);
}
