using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Adds a user.</summary>
internal static class UserAddCommand
{
    public static Command Create() => new("add <user name or user:password> [options]", "Adds a new user")
    {
        Flags =
        [
            new("interactive", FlagKind.Switch, "true", "Read password from stdin instead of interactive terminal"),
            new("new-user-password", FlagKind.Text, "", "Supply password from the command line flag"),
            new("no-password", FlagKind.Switch, "false", "Create a user without password (CN based auth only)"),
        ],
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 1)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "user add command requires user name as its argument");
        }

        (string user, string? password) = Read(context, context.Arguments[0]);
        Session session = Session.Open(context);
        session.Printer.UserAdd(user, await Call.RunAsync(session.Client.Auth.AddUserAsync(user, password)));
    }

    private static (string User, string? Password) Read(CommandContext context, string argument)
    {
        if (context.Flags["no-password"].IsOn)
        {
            return (argument, null);
        }

        string given = context.Flags["new-user-password"].Value;
        if (given.Length > 0)
        {
            return (argument, given);
        }

        int colon = argument.IndexOf(':', StringComparison.Ordinal);
        return colon switch
        {
            0 => throw CommandFailedException.Because(ExitCode.BadArguments, "empty user name is not allowed"),
            > 0 => (argument[..colon], argument[(colon + 1)..]),
            _ when context.Flags["interactive"].IsOn => (argument, PasswordPrompt.AskNew(context.Terminal, argument)),
            _ => (argument, PasswordPrompt.Word(context.Terminal)),
        };
    }
}
