using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Gives a user a new password.</summary>
internal static class UserPasswordCommand
{
    public static Command Create() => new("passwd <user name> [options]", "Changes password of user")
    {
        Flags =
        [
            new("interactive", FlagKind.Switch, "true", "If true, read password from stdin instead of interactive terminal"),
        ],
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 1)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "user passwd command requires user name as its argument");
        }

        string user = context.Arguments[0];
        string password = context.Flags["interactive"].IsOn
            ? PasswordPrompt.AskNew(context.Terminal, user)
            : PasswordPrompt.Word(context.Terminal);
        Session session = Session.Open(context);
        session.Printer.UserChangePassword(await Call.RunAsync(session.Client.Auth.ChangePasswordAsync(user, password)));
    }
}
