using System.Globalization;
using Etcdctl.Text;

namespace Etcdctl.V2;

/// <summary>Flags read from a command line in the way of Go's <c>flag</c> package: one dash or two, <c>-name value</c> or
/// <c>-name=value</c>, <c>--</c> ends them.</summary>
internal sealed class V2Arguments
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<V2Flag> _flags;

    private V2Arguments(IReadOnlyList<V2Flag> flags) => _flags = flags;

    /// <summary>What is no flag, in order.</summary>
    public List<string> Words { get; } = [];

    /// <summary>Words before <c>--</c>; -1 when there is none.</summary>
    public int Separator { get; private set; } = -1;

    /// <summary>Reads a command line.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="flags">Flags it may have.</param>
    /// <param name="stopsAtWord">Everything from the first word on is no flag: it belongs to the command of that name.</param>
    /// <exception cref="FormatException">A flag is unknown, or its value is wrong or missing.</exception>
    public static V2Arguments Read(IReadOnlyList<string> arguments, IReadOnlyList<V2Flag> flags, bool stopsAtWord)
    {
        var read = new V2Arguments(flags);
        foreach (V2Flag flag in flags)
        {
            if (flag.Variable.Length > 0 && Environment.GetEnvironmentVariable(flag.Variable) is { Length: > 0 } value)
            {
                read.Set(flag, flag.Name, value);
            }
        }

        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (argument == "--")
            {
                read.Separator = read.Words.Count;
                read.Words.AddRange(arguments.Skip(i + 1));
                break;
            }

            if (argument.Length < 2 || argument[0] != '-')
            {
                read.Words.Add(argument);
                if (stopsAtWord)
                {
                    read.Words.AddRange(arguments.Skip(i + 1));
                    break;
                }
            }
            else
            {
                read.ReadFlag(arguments, ref i);
            }
        }

        return read;
    }

    /// <summary>Whether a flag was given.</summary>
    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>A flag's value.</summary>
    public string Text(string name) => _values.TryGetValue(name, out string? value) ? value : _flags.First(flag => flag.Name == name).Default;

    /// <summary>Whether a switch is on.</summary>
    public bool IsOn(string name) => Text(name) is { Length: > 0 } value && GoNumber.ParseTruth(value);

    /// <summary>A number's value.</summary>
    public long Number(string name) => long.Parse(Text(name), CultureInfo.InvariantCulture);

    /// <summary>A time's value.</summary>
    public TimeSpan Duration(string name) => GoDuration.Parse(Text(name));

    private void ReadFlag(IReadOnlyList<string> arguments, ref int i)
    {
        string text = arguments[i].TrimStart('-');
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? text : text[..equals];
        V2Flag flag = _flags.FirstOrDefault(flag => flag.Name == name || flag.Alias == name)
            ?? throw new FormatException("flag provided but not defined: -" + name);
        if (equals >= 0)
        {
            Set(flag, name, text[(equals + 1)..]);
        }
        else if (flag.Kind == V2FlagKind.Switch)
        {
            Set(flag, name, "true");
        }
        else if (i + 1 < arguments.Count)
        {
            Set(flag, name, arguments[++i]);
        }
        else
        {
            throw new FormatException("flag needs an argument: -" + name);
        }
    }

    private void Set(V2Flag flag, string name, string value)
    {
        bool isValid = flag.Kind switch
        {
            V2FlagKind.Number => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
            V2FlagKind.Switch => IsValid(() => GoNumber.ParseTruth(value)),
            V2FlagKind.Duration => IsValid(() => GoDuration.Parse(value)),
            _ => true,
        };
        if (!isValid)
        {
            string kind = flag.Kind == V2FlagKind.Switch ? "boolean value" : "value";
            throw new FormatException($"invalid {kind} \"{value}\" for {(flag.Kind == V2FlagKind.Switch ? "" : "flag ")}-{name}: parse error");
        }

        _values[flag.Name] = value;
    }

    private static bool IsValid<T>(Func<T> parse)
    {
        try
        {
            parse();
            return true;
        }
        catch (FormatException)
        {
            // What is wrong with it is all the same: the message names the flag and the value.
            return false;
        }
    }
}
