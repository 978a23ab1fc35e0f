using Etcdctl.CommandLine;

namespace Etcdctl.Commands;

/// <summary>What a watch is asked for: key and end of the range, and the program to run at each event.</summary>
/// <param name="Keys">Key, and the end of the range if any.</param>
/// <param name="Program">Program and arguments; empty: none.</param>
internal sealed record WatchArguments(IReadOnlyList<string> Keys, IReadOnlyList<string> Program)
{
    private const string BadNumber = "bad number of arguments";

    /// <summary>Joins command line and the variables for key and range end.</summary>
    /// <param name="words">Words after <c>watch</c>, flags and <c>--</c> among them.</param>
    /// <param name="flags">The flags to set.</param>
    /// <param name="environmentKey">Key from the environment; empty: none.</param>
    /// <param name="environmentEnd">End of the range from the environment; empty: none.</param>
    /// <exception cref="CommandFailedException">They do not go together.</exception>
    public static WatchArguments Parse(IReadOnlyList<string> words, FlagSet flags, string environmentKey, string environmentEnd)
    {
        List<string> before = [.. words];
        List<string> program = [];
        int separator = before.IndexOf("--");
        if (separator >= 0)
        {
            program = before[(separator + 1)..];
            before = before[..separator];
            if (program.Count == 0)
            {
                throw Failed(BadNumber + " (found separator --, but no commands)");
            }
        }

        List<string> keys = ParseFlags(flags, before);
        if (environmentKey.Length == 0)
        {
            return keys.Count == 0 ? throw Failed(BadNumber) : new WatchArguments(keys, program);
        }

        if (keys.Count > 0)
        {
            throw Failed(BadNumber + " (found conflicting environment key)");
        }

        return new WatchArguments(environmentEnd.Length == 0 ? [environmentKey] : [environmentKey, environmentEnd], program);
    }

    private static List<string> ParseFlags(FlagSet flags, List<string> words)
    {
        try
        {
            return flags.Parse(words.ToArray());
        }
        catch (FormatException failure)
        {
            throw Failed(failure.Message);
        }
    }

    private static CommandFailedException Failed(string reason) =>
        CommandFailedException.Because(ExitCode.BadArguments, reason);
}
