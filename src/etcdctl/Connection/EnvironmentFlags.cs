using System.Collections;
using Etcdctl.CommandLine;
using Etcdctl.Output;

namespace Etcdctl.Connection;

/// <summary>Takes flags from variables: <c>ETCDCTL_DIAL_TIMEOUT</c> for <c>--dial-timeout</c>.</summary>
internal static class EnvironmentFlags
{
    private const string Prefix = "ETCDCTL_";

    /// <summary>Sets the flags that come from above the command and were not given on the command line.</summary>
    /// <exception cref="CommandFailedException">A flag was given both ways.</exception>
    public static void Apply(CommandContext context)
    {
        List<string> names = [];
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if (((string)variable.Key).StartsWith(Prefix, StringComparison.Ordinal))
            {
                names.Add((string)variable.Key);
            }
        }

        foreach (string name in names)
        {
            Apply(name, Environment.GetEnvironmentVariable(name) ?? "", context);
        }
    }

    /// <summary>The variable of a flag.</summary>
    public static string NameOf(Flag flag) => Prefix + flag.Name.Replace('-', '_').ToUpperInvariant();

    private static void Apply(string name, string value, CommandContext context)
    {
        foreach (Flag flag in context.Command.FlagsFromAbove())
        {
            if (NameOf(flag) != name)
            {
                continue;
            }

            if (flag.IsChanged)
            {
                throw new CommandFailedException(ExitCode.Error, LogLine.Write("fatal", null,
                    "conflicting environment variable is shadowed by corresponding command-line flag "
                    + "(either unset environment variable or disable flag))", ("environment-variable", name)));
            }

            TrySet(flag, value);
            return;
        }

        if (name is not ("ETCDCTL_API" or "ETCDCTL_WATCH_KEY" or "ETCDCTL_WATCH_RANGE_END"))
        {
            context.Terminal.Error.WriteLine(
                LogLine.Write("warn", null, "unrecognized environment variable", ("environment-variable", name + "=" + value)));
        }
    }

    private static void TrySet(Flag flag, string value)
    {
        try
        {
            if (value.Length > 0)
            {
                flag.Set(value);
            }
        }
        catch (FormatException)
        {
            // As in etcdctl, a variable that makes no sense leaves the default.
            return;
        }
    }
}
