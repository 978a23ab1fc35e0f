using Etcdctl.Text;

namespace Etcdctl.CommandLine;

/// <summary>The flags one command knows: its own, those of the commands above it, and the global ones.</summary>
internal sealed class FlagSet
{
    private readonly Dictionary<string, Flag> _byName = new(StringComparer.Ordinal);

    /// <summary>Flags in the order of their names.</summary>
    public IEnumerable<Flag> Sorted
    {
        get
        {
            List<Flag> flags = [.. _byName.Values];
            flags.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
            return flags;
        }
    }

    /// <summary>The flag called <paramref name="name"/>, which must exist.</summary>
    public Flag this[string name] => _byName[name];

    /// <summary>Adds a flag; the first of a name stays.</summary>
    public void Add(Flag flag) => _byName.TryAdd(flag.Name, flag);

    /// <summary>The flag called <paramref name="name"/>, if there is one.</summary>
    public Flag? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The flag with this letter, if there is one.</summary>
    public Flag? Find(char shorthand)
    {
        foreach (Flag flag in _byName.Values)
        {
            if (flag.Shorthand == shorthand)
            {
                return flag;
            }
        }

        return null;
    }

    /// <summary>Reads flags anywhere among the arguments, up to <c>--</c>.</summary>
    /// <returns>The arguments that are no flags, in order.</returns>
    /// <exception cref="FormatException">An unknown flag, a missing or a wrong value; the message is the user's.</exception>
    public List<string> Parse(ReadOnlySpan<string> arguments)
    {
        List<string> positional = [];
        while (!arguments.IsEmpty)
        {
            string argument = arguments[0];
            arguments = arguments[1..];
            if (argument == "--")
            {
                positional.AddRange(arguments);
                break;
            }

            if (argument.StartsWith("--", StringComparison.Ordinal))
            {
                ParseLong(argument, ref arguments);
            }
            else if (argument.Length > 1 && argument[0] == '-')
            {
                ParseShort(argument, ref arguments);
            }
            else
            {
                positional.Add(argument);
            }
        }

        return positional;
    }

    /// <summary>Whether an argument is a flag that takes the next argument as its value.</summary>
    public bool TakesNext(string argument)
    {
        if (argument.Contains('=', StringComparison.Ordinal))
        {
            return false;
        }

        if (argument.StartsWith("--", StringComparison.Ordinal))
        {
            return Find(argument[2..]) is not { Kind: FlagKind.Switch };
        }

        return argument.Length == 2 && argument[0] == '-' && Find(argument[1]) is not { Kind: FlagKind.Switch };
    }

    private void ParseLong(string argument, ref ReadOnlySpan<string> rest)
    {
        string name = argument[2..];
        if (name[0] is '-' or '=')
        {
            throw new FormatException("bad flag syntax: " + argument);
        }

        int equals = name.IndexOf('=', StringComparison.Ordinal);
        string? value = equals < 0 ? null : name[(equals + 1)..];
        name = equals < 0 ? name : name[..equals];
        Flag flag = Find(name) ?? throw new FormatException("unknown flag: --" + name);
        if (value is null && flag.Kind == FlagKind.Switch)
        {
            value = "true";
        }
        else if (value is null)
        {
            value = rest.IsEmpty ? throw new FormatException("flag needs an argument: " + argument) : rest[0];
            rest = rest[1..];
        }

        Assign(flag, value);
    }

    private void ParseShort(string argument, ref ReadOnlySpan<string> rest)
    {
        for (int i = 1; i < argument.Length; i++)
        {
            char letter = argument[i];
            Flag flag = Find(letter)
                ?? throw new FormatException($"unknown shorthand flag: '{letter}' in -{argument[i..]}");
            if (argument.Length > i + 2 && argument[i + 1] == '=')
            {
                Assign(flag, argument[(i + 2)..]);
                return;
            }

            if (flag.Kind == FlagKind.Switch)
            {
                Assign(flag, "true");
            }
            else if (argument.Length > i + 1)
            {
                Assign(flag, argument[(i + 1)..]);
                return;
            }
            else if (!rest.IsEmpty)
            {
                Assign(flag, rest[0]);
                rest = rest[1..];
            }
            else
            {
                throw new FormatException($"flag needs an argument: '{letter}' in -{argument[i..]}");
            }
        }
    }

    private static void Assign(Flag flag, string value)
    {
        try
        {
            flag.Set(value);
        }
        catch (FormatException failure)
        {
            throw new FormatException(
                $"invalid argument {GoText.Quote(value)} for \"{flag.Title}\" flag: {failure.Message}", failure);
        }
    }
}
