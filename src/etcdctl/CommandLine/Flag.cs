using Etcdctl.Text;

namespace Etcdctl.CommandLine;

/// <summary>One flag: what it is called, what it takes, and the value it has in this run.</summary>
internal sealed class Flag(string name, FlagKind kind, string defaultValue, string usage, char shorthand = '\0')
{
    private List<string>? _items;

    /// <summary>Long name, without dashes.</summary>
    public string Name { get; } = name;

    /// <summary>One-letter name; NUL when there is none.</summary>
    public char Shorthand { get; } = shorthand;

    /// <summary>What it takes.</summary>
    public FlagKind Kind { get; } = kind;

    /// <summary>The line of help.</summary>
    public string Usage { get; } = usage;

    /// <summary>A flag of releases after 3.5: it works, and is not on the help pages, which are those of 3.5.</summary>
    public bool IsLater { get; init; }

    /// <summary>The value as text; valid for the kind.</summary>
    public string Value { get; private set; } = defaultValue;

    /// <summary>The value it has when it is not given.</summary>
    public string Default { get; } = defaultValue;

    /// <summary>The value was given on the command line or in a variable.</summary>
    public bool IsChanged { get; private set; }

    /// <summary>Value of a <see cref="FlagKind.Switch"/>.</summary>
    public bool IsOn => GoNumber.ParseTruth(Value);

    /// <summary>Value of an <see cref="FlagKind.Integer"/>.</summary>
    public long Number => GoNumber.ParseInteger(Value, 0);

    /// <summary>Value of a <see cref="FlagKind.Duration"/>.</summary>
    public TimeSpan Duration => GoDuration.Parse(Value);

    /// <summary>Value of a <see cref="FlagKind.TextList"/>.</summary>
    public IReadOnlyList<string> Items => _items ?? [.. Value.Split(',')];

    /// <summary>The default as help shows it after the name.</summary>
    public string DefaultInHelp => Kind switch
    {
        FlagKind.Text => "=\"" + Default + "\"",
        FlagKind.Switch => "[=" + Default + "]",
        FlagKind.TextList => "=[" + Default + "]",
        _ => "=" + Default,
    };

    /// <summary>The value as a debug listing shows it.</summary>
    public string ValueInListing => Kind == FlagKind.TextList ? "[" + string.Join(",", Items) + "]" : Value;

    /// <summary>How messages name the flag.</summary>
    public string Title => Shorthand == '\0' ? "--" + Name : "-" + Shorthand + ", --" + Name;

    /// <summary>Takes a value.</summary>
    /// <exception cref="FormatException">The value is none of this kind.</exception>
    public void Set(string value)
    {
        switch (Kind)
        {
            case FlagKind.Switch:
                value = GoNumber.ParseTruth(value) ? "true" : "false";
                break;
            case FlagKind.Integer:
                GoNumber.ParseInteger(value, 0);
                break;
            case FlagKind.Unsigned:
                GoNumber.ParseUnsigned(value);
                break;
            case FlagKind.Duration:
                GoDuration.Parse(value);
                break;
            case FlagKind.TextList:
                _items ??= [];
                if (value.Length > 0)
                {
                    _items.AddRange(value.Split(','));
                }

                break;
        }

        Value = value;
        IsChanged = true;
    }
}
