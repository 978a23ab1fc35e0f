using Etcdctl.Text;

namespace Etcdutl.CommandLine;

/// <summary>Values of a command's flags in this run, read by the rules of Go's command-line libraries.</summary>
internal sealed class FlagValues(IReadOnlyList<Flag> flags)
{
    private readonly Dictionary<string, string> _given = new(StringComparer.Ordinal);

    public string Text(string name) => _given.GetValueOrDefault(name) ?? Find(name)!.Default;

    public bool IsOn(string name) => GoNumber.ParseTruth(Text(name));

    public long Integer(string name) => GoNumber.ParseInteger(Text(name), radix: 0);

    public ulong Unsigned(string name) => GoNumber.ParseUnsigned(Text(name));

    /// <summary>A time; 0 for none.</summary>
    public TimeSpan Duration(string name) => GoDuration.Parse(Text(name));

    public bool IsGiven(string name) => _given.ContainsKey(name);

    /// <summary>Reads flags anywhere among the arguments, up to <c>--</c>.</summary>
    /// <returns>The arguments that are no flags.</returns>
    /// <exception cref="UsageException">A flag is unknown, or lacks a value or has a wrong one.</exception>
    public IReadOnlyList<string> Read(IReadOnlyList<string> arguments)
    {
        List<string> words = [];
        for (int at = 0; at < arguments.Count; at++)
        {
            string argument = arguments[at];
            if (argument == "--")
            {
                words.AddRange(arguments.Skip(at + 1));
                break;
            }

            string? next = at + 1 < arguments.Count ? arguments[at + 1] : null;
            if (argument.StartsWith("--", StringComparison.Ordinal))
            {
                at += ReadLong(argument, next) ? 1 : 0;
            }
            else if (argument.Length > 1 && argument[0] == '-')
            {
                at += ReadShort(argument, next) ? 1 : 0;
            }
            else
            {
                words.Add(argument);
            }
        }

        return words;
    }

    /// <summary>Whether an argument is a flag whose value is the next argument.</summary>
    public bool TakesNext(string argument) =>
        argument.Length > 1
        && argument[0] == '-'
        && !argument.Contains('=', StringComparison.Ordinal)
        && (argument.StartsWith("--", StringComparison.Ordinal) ? Find(argument[2..]) : argument.Length == 2 ? Find(argument[1]) : null)
            is { Kind: not FlagKind.Switch };

    /// <exception cref="UsageException">A required flag was not given.</exception>
    public void CheckRequired()
    {
        string[] missing = [.. flags.Where(flag => flag.IsRequired && !IsGiven(flag.Name)).Select(flag => $"\"{flag.Name}\"")];
        if (missing.Length > 0)
        {
            throw new UsageException($"required flag(s) {string.Join(", ", missing)} not set");
        }
    }

    private bool ReadLong(string argument, string? next)
    {
        string name = argument[2..];
        if (name[0] is '-' or '=')
        {
            throw new UsageException($"bad flag syntax: {argument}");
        }

        int equals = name.IndexOf('=', StringComparison.Ordinal);
        string? value = equals < 0 ? null : name[(equals + 1)..];
        name = equals < 0 ? name : name[..equals];
        Flag flag = Find(name) ?? throw new UsageException($"unknown flag: --{name}");
        if (value is not null || flag.Kind == FlagKind.Switch)
        {
            Set(flag, value ?? "true");
            return false;
        }

        Set(flag, next ?? throw new UsageException($"flag needs an argument: {argument}"));
        return true;
    }

    private bool ReadShort(string argument, string? next)
    {
        for (int at = 1; at < argument.Length; at++)
        {
            Flag flag = Find(argument[at])
                ?? throw new UsageException($"unknown shorthand flag: '{argument[at]}' in -{argument[at..]}");
            string rest = argument[(at + 1)..];
            if (rest.Length > 1 && rest[0] == '=')
            {
                Set(flag, rest[1..]);
                return false;
            }

            if (flag.Kind == FlagKind.Switch)
            {
                Set(flag, "true");
            }
            else if (rest.Length > 0)
            {
                Set(flag, rest);
                return false;
            }
            else
            {
                Set(flag, next ?? throw new UsageException($"flag needs an argument: '{argument[at]}' in -{argument[at..]}"));
                return true;
            }
        }

        return false;
    }

    private void Set(Flag flag, string value)
    {
        if (Fault(flag.Kind, value) is { } fault)
        {
            throw new UsageException($"invalid argument \"{value}\" for \"{flag.Title}\" flag: {fault}");
        }

        _given[flag.Name] = value;
    }

    private static string? Fault(FlagKind kind, string value)
    {
        try
        {
            _ = kind switch
            {
                FlagKind.Switch => GoNumber.ParseTruth(value),
                FlagKind.Integer => GoNumber.ParseInteger(value, radix: 0) == 0,
                FlagKind.Unsigned => GoNumber.ParseUnsigned(value) == 0,
                FlagKind.Duration => GoDuration.Parse(value) == TimeSpan.Zero,
                _ => true,
            };
            return null;
        }
        catch (FormatException fault)
        {
            return fault.Message;
        }
    }

    private Flag? Find(string name) => flags.FirstOrDefault(flag => flag.Name == name);

    private Flag? Find(char shorthand) => flags.FirstOrDefault(flag => flag.Shorthand == shorthand);
}
