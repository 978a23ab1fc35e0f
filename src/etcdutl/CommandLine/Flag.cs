namespace Etcdutl.CommandLine;

/// <summary>One flag of a command.</summary>
/// <param name="Name">Long name, without dashes.</param>
/// <param name="Kind">What it takes.</param>
/// <param name="Default">Value when it is not given, as text.</param>
/// <param name="Usage">The line of help.</param>
/// <param name="Shorthand">One-letter name; NUL when there is none.</param>
internal sealed record Flag(string Name, FlagKind Kind, string Default, string Usage, char Shorthand = '\0')
{
    /// <summary>The command refuses to run without it.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Help does not list it.</summary>
    public bool IsHidden { get; init; }

    /// <summary>How messages name the flag.</summary>
    public string Title => Shorthand == '\0' ? $"--{Name}" : $"-{Shorthand}, --{Name}";

    /// <summary>The flag with the kind of its value, as help lists it.</summary>
    public string Cell => (Shorthand == '\0' ? "      --" : $"  -{Shorthand}, --") + Name + Kind switch
    {
        FlagKind.Text => " string",
        FlagKind.Integer => " int",
        FlagKind.Unsigned => " uint",
        FlagKind.Duration => " duration",
        _ => string.Empty,
    };

    /// <summary>The default as help shows it, empty where it goes without saying.</summary>
    public string DefaultInHelp => (Kind, Default) switch
    {
        (_, "") or (FlagKind.Switch, "false") or (_, "0") => string.Empty,
        (FlagKind.Text, _) => $" (default \"{Default}\")",
        _ => $" (default {Default})",
    };
}
