using Etcdctl.Output;

namespace Etcdctl.CommandLine;

/// <summary>Finds the command in the arguments, reads its flags and runs it.</summary>
/// <remarks>
/// A parser of our own: the grammar is that of Go's command-line libraries (abbreviated commands, flags between arguments, <c>-wjson</c>,
/// <c>--flag[=true]</c>) with their messages, which a general .NET parser does not speak.
/// </remarks>
internal sealed class CommandLineRunner(Command root, Terminal terminal)
{
    /// <summary>Runs the program.</summary>
    /// <param name="arguments">Arguments after the program's name.</param>
    /// <exception cref="CommandFailedException">The command line makes no sense, or the command failed.</exception>
    public Task RunAsync(IReadOnlyList<string> arguments)
    {
        (Command command, List<string> rest) = Find(root, [.. arguments]);
        if (command == root && FirstWord(rest, root.AllFlags()) is { } word)
        {
            throw UnknownCommand(word);
        }

        FlagSet flags = command.AllFlags();
        List<string> positional;
        try
        {
            positional = flags.Parse([.. rest]);
        }
        catch (FormatException failure)
        {
            new HelpText(root, command).WriteTo(terminal.Output, command == root);
            terminal.Error.WriteLine("Error: " + failure.Message);
            terminal.Error.WriteLine();
            throw CommandFailedException.Because(ExitCode.Error, failure.Message);
        }

        if (command.Run is null || flags["help"].IsOn)
        {
            new HelpText(root, command).WriteTo(terminal.Output, showHelpFlag: true);
            return Task.CompletedTask;
        }

        return command.Run(new CommandContext(command, flags, positional, arguments, terminal));
    }

    private static (Command Command, List<string> Remaining) Find(Command command, List<string> arguments)
    {
        FlagSet flags = command.AllFlags();
        int index = FirstWordIndex(arguments, flags);
        if (index >= 0 && command.FindChild(arguments[index]) is { } child)
        {
            arguments.RemoveAt(index);
            return Find(child, arguments);
        }

        return (command, arguments);
    }

    private static string? FirstWord(List<string> arguments, FlagSet flags)
    {
        int index = FirstWordIndex(arguments, flags);
        return index < 0 ? null : arguments[index];
    }

    private static int FirstWordIndex(List<string> arguments, FlagSet flags)
    {
        for (int i = 0; i < arguments.Count && arguments[i] != "--"; i++)
        {
            if (flags.TakesNext(arguments[i]))
            {
                i++;
            }
            else if (arguments[i].Length > 0 && arguments[i][0] != '-')
            {
                return i;
            }
        }

        return -1;
    }

    private CommandFailedException UnknownCommand(string word)
    {
        string message = $"unknown command {Text.GoText.Quote(word)} for \"{root.Name}\"{Suggestion.For(word, root)}";
        terminal.Error.WriteLine("Error: " + message);
        terminal.Error.WriteLine($"Run '{root.Name} --help' for usage.");
        return CommandFailedException.Because(ExitCode.Error, message);
    }
}
