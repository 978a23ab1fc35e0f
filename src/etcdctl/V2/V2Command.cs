namespace Etcdctl.V2;

/// <summary>A command of the v2 API.</summary>
/// <param name="Name">The word that calls it.</param>
/// <param name="Summary">One line that says what it does.</param>
/// <param name="ArgumentsText">Its arguments, as help shows them.</param>
internal sealed record V2Command(string Name, string Summary, string ArgumentsText)
{
    /// <summary>Its own flags.</summary>
    public IReadOnlyList<V2Flag> Flags { get; init; } = [];

    /// <summary>Paragraphs for help.</summary>
    public string Description { get; init; } = "";

    /// <summary>Commands below it.</summary>
    public IReadOnlyList<V2Command> Children { get; init; } = [];

    /// <summary>What it does; not set for one that only groups others.</summary>
    public Func<V2Context, Task> Run { get; init; } = static _ => Task.CompletedTask;
}
