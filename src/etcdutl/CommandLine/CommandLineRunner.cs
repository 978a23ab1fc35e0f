using Etcdctl.Completion;

namespace Etcdutl.CommandLine;

/// <summary>Finds the command, reads its flags and runs it.</summary>
/// <remarks>A parser of our own: what etcd's users type (abbreviated commands, <c>-wjson</c>, flags between arguments) and the
/// messages they read follow Go's command-line libraries, which System.CommandLine can be bent to only by parsing again.</remarks>
internal sealed class CommandLineRunner(Command root, TextWriter output, TextWriter errors)
{
    public ExitCode Run(IReadOnlyList<string> arguments)
    {
        if (new CompletionAnswer(root, output.WriteLine, errors.WriteLine).TryAnswer(arguments))
        {
            return ExitCode.Success;
        }

        (Command command, IReadOnlyList<string> rest) = Find(root, arguments);
        if (command.IsHelp)
        {
            return ShowHelpFor(rest);
        }

        if (command == root && FirstWord(root, rest) is var word and >= 0)
        {
            string message = $"unknown command \"{rest[word]}\" for \"{root.Name}\"{Suggestion.For(rest[word], root)}";
            errors.WriteLine($"Error: {message}");
            errors.WriteLine($"Run '{root.Name} --help' for usage.");
            errors.WriteLine($"Error: {message}");
            return ExitCode.Error;
        }

        try
        {
            return RunCommand(command, rest);
        }
        catch (UsageException refused)
        {
            errors.WriteLine($"Error: {refused.Message}");
            HelpText.Write(command, errors);
            errors.WriteLine();
            errors.WriteLine($"Error: {refused.Message}");
            return ExitCode.Error;
        }
        catch (CommandFailedException failed)
        {
            errors.WriteLine($"Error: {failed.Message}");
            return failed.ExitCode;
        }
#pragma warning disable CA1031 // Whatever the reason, a user reads one clear line: files may hold what no reader has thought of.
        catch (Exception failed)
        {
            errors.WriteLine($"Error: {failed.Message}");
            return ExitCode.Error;
        }
#pragma warning restore CA1031
    }

    private static FlagValues FlagsOf(Command command) => new([.. command.OwnFlags, .. command.GlobalFlags]);

    private static (Command Command, IReadOnlyList<string> Remaining) Find(Command command, IReadOnlyList<string> arguments)
    {
        int word = FirstWord(command, arguments);
        return word >= 0 && command.FindChild(arguments[word]) is { } child
            ? Find(child, [.. arguments.Where((_, at) => at != word)])
            : (command, arguments);
    }

    private static int FirstWord(Command command, IReadOnlyList<string> arguments)
    {
        FlagValues flags = FlagsOf(command);
        for (int at = 0; at < arguments.Count && arguments[at] != "--"; at++)
        {
            if (flags.TakesNext(arguments[at]))
            {
                at++;
            }
            else if (arguments[at].Length > 0 && arguments[at][0] != '-')
            {
                return at;
            }
        }

        return -1;
    }

    private ExitCode RunCommand(Command command, IReadOnlyList<string> arguments)
    {
        FlagValues flags = FlagsOf(command);
        IReadOnlyList<string> words = flags.Read(arguments);
        if (command.Deprecation is { } instead)
        {
            errors.WriteLine($"Command \"{command.Name}\" is deprecated, {instead}");
        }

        if (command.Run is null || flags.IsOn("help"))
        {
            HelpText.Write(command, output);
            return ExitCode.Success;
        }

        flags.CheckRequired();
        command.Run(new Invocation(flags, words, output, errors, () => HelpText.Write(command, output)));
        return ExitCode.Success;
    }

    private ExitCode ShowHelpFor(IReadOnlyList<string> words)
    {
        (Command command, IReadOnlyList<string> rest) = Find(root, words);
        if (command == root && rest.Count > 0)
        {
            errors.WriteLine($"Unknown help topic [{string.Join(' ', rest.Select(topic => $"`{topic}`"))}]");
            HelpText.Write(root, errors);
            return ExitCode.Success;
        }

        HelpText.Write(command, output);
        return ExitCode.Success;
    }
}
