using Etcdctl.Output;

namespace Etcdctl.V2;

/// <summary>etcdctl as the client of the v2 API: under <c>ETCDCTL_API=2</c>, and for commands that only this API has.</summary>
internal static class V2Program
{
    /// <summary>Flags without a value, of both generations: what follows them is no value of theirs.</summary>
    private static readonly string[] Switches =
        ["debug", "no-sync", "help", "h", "version", "v", "hex", "insecure-transport", "insecure-discovery", "insecure-skip-tls-verify"];

    /// <summary>Whether this is the generation that a command line is for.</summary>
    public static bool Takes(IReadOnlyList<string> arguments) => Environment.GetEnvironmentVariable("ETCDCTL_API") switch
    {
        "2" => true,
        null or "" => FirstWord(arguments) is { } word && IsOfV2Alone(word),
        _ => false,
    };

    /// <summary>Whether a word names a command that the v2 API alone has.</summary>
    /// <remarks>A list of its own: a command of v3 must not wait until all of these are made.</remarks>
    internal static bool IsOfV2Alone(string word) => word is "cluster-health" or "mk" or "mkdir" or "rm" or "rmdir" or "ls" or "set"
        or "setdir" or "update" or "updatedir" or "exec-watch" or "backup";

    /// <summary>Runs a command.</summary>
    /// <exception cref="CommandFailedException">It failed, or the command line makes no sense.</exception>
    public static async Task RunAsync(IReadOnlyList<string> arguments, Terminal terminal)
    {
        V2Arguments global = Read(
            arguments, V2CommandTree.GlobalFlags, stopsAtWord: true, terminal, "Incorrect Usage. ", () => V2Help.WriteProgram(terminal.Output));
        if (global.IsOn("version"))
        {
            terminal.Output.WriteLine("etcdctl version: " + ProgramVersion.Release);
            terminal.Output.WriteLine("API version: 2");
            return;
        }

        if (global.IsOn("help") || global.Words.Count == 0)
        {
            V2Help.WriteProgram(terminal.Output);
            return;
        }

        await RunAsync(global, group: null, "etcdctl", global.Words, terminal).ConfigureAwait(false);
    }

    private static async Task RunAsync(V2Arguments global, V2Command? group, string path, List<string> words, Terminal terminal)
    {
        IReadOnlyList<V2Command> commands = group?.Children ?? V2CommandTree.Commands;
        if (words[0] is "help" or "h")
        {
            WriteHelp(group, commands, path, words.Count > 1 ? words[1] : null, terminal);
            return;
        }

        V2Command command = commands.FirstOrDefault(command => command.Name == words[0]) ?? throw NoSuchCommand(words[0]);
        string ownPath = path + " " + command.Name;
        bool isGroup = command.Children.Count > 0;
        V2Arguments read = Read(
            [.. words.Skip(1)],
            [.. command.Flags, new("help", V2FlagKind.Switch, "show help", "h")],
            isGroup,
            terminal,
            "Incorrect Usage: ",
            () => V2Help.Write(terminal.Output, ownPath, command));
        if (read.IsOn("help") || (isGroup && read.Words.Count == 0))
        {
            V2Help.Write(terminal.Output, ownPath, command);
        }
        else if (isGroup)
        {
            await RunAsync(global, command, ownPath, read.Words, terminal).ConfigureAwait(false);
        }
        else
        {
            await command.Run(new V2Context(global, read, terminal)).ConfigureAwait(false);
        }
    }

    private static void WriteHelp(V2Command? group, IReadOnlyList<V2Command> commands, string path, string? topic, Terminal terminal)
    {
        if (topic is null && group is null)
        {
            V2Help.WriteProgram(terminal.Output);
            return;
        }

        if (topic is null)
        {
            V2Help.WriteGroup(terminal.Output, path, group!);
            return;
        }

        V2Command command = commands.FirstOrDefault(command => command.Name == topic) ?? throw NoSuchCommand(topic);
        V2Help.WriteTopic(terminal.Output, path + " " + command.Name, command);
    }

    private static V2Arguments Read(
        IReadOnlyList<string> arguments, IReadOnlyList<V2Flag> flags, bool stopsAtWord, Terminal terminal, string complaint, Action writeHelp)
    {
        try
        {
            return V2Arguments.Read(arguments, flags, stopsAtWord);
        }
        catch (FormatException failure)
        {
            terminal.Output.WriteLine(complaint + failure.Message);
            terminal.Output.WriteLine();
            writeHelp();
            throw new CommandFailedException((ExitCode)V2ExitCode.BadArguments, failure.Message);
        }
    }

    private static CommandFailedException NoSuchCommand(string word) =>
        new((ExitCode)V2ExitCode.NoSuchCommand, $"No help topic for '{word}'");

    private static string? FirstWord(IReadOnlyList<string> arguments)
    {
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (argument.Length < 2 || argument[0] != '-')
            {
                return argument;
            }

            if (!argument.Contains('=', StringComparison.Ordinal) && !Switches.Contains(argument.TrimStart('-'), StringComparer.Ordinal))
            {
                i++;
            }
        }

        return null;
    }
}
