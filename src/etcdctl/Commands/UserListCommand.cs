using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Lists users.</summary>
internal static class UserListCommand
{
    public static Command Create() => new("list", "Lists all users") { Run = RunAsync };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 0)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "user list command requires no arguments");
        }

        Session session = Session.Open(context);
        session.Printer.UserList(await Call.RunAsync(session.Client.Auth.UsersAsync()));
    }
}
