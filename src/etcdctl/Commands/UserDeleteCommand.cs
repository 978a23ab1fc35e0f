using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Deletes a user.</summary>
internal static class UserDeleteCommand
{
    public static Command Create() => new("delete <user name>", "Deletes a user") { Run = RunAsync };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 1)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "user delete command requires user name as its argument");
        }

        Session session = Session.Open(context);
        session.Printer.UserDelete(
            context.Arguments[0], await Call.RunAsync(session.Client.Auth.DeleteUserAsync(context.Arguments[0])));
    }
}
