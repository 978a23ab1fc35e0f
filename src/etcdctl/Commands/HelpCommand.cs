using Etcdctl.CommandLine;

namespace Etcdctl.Commands;

/// <summary>Prints the help page of a command.</summary>
internal static class HelpCommand
{
    public static Command Create(Command root) => new("help [command]", "Help about any command")
    {
        Description = """
            Help provides help for any command in the application.
            Simply type etcdctl help [path to command] for full details.
            """,
        Run = context => Run(root, context),
    };

    private static Task Run(Command root, CommandContext context)
    {
        Command command = root;
        bool isKnown = true;
        foreach (string word in context.Arguments)
        {
            // Words after a command that has none below it are its arguments, and do not matter here.
            Command? child = command.FindChild(word);
            isKnown = child is not null || command.Run is not null || command != root;
            if (child is null)
            {
                break;
            }

            command = child;
        }

        if (!isKnown)
        {
            context.Terminal.Error.WriteLine($"Unknown help topic [{string.Join(" ", context.Arguments.Select(word => $"`{word}`"))}]");
        }

        new HelpText(root, command).WriteTo(context.Terminal.Output, showHelpFlag: true);
        return Task.CompletedTask;
    }
}
