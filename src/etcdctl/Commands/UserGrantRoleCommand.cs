using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Gives a user a role.</summary>
internal static class UserGrantRoleCommand
{
    public static Command Create() => new("grant-role <user name> <role name>", "Grants a role to a user") { Run = RunAsync };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 2)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "user grant command requires user name and role name as its argument");
        }

        Session session = Session.Open(context);
        (string user, string role) = (context.Arguments[0], context.Arguments[1]);
        session.Printer.UserGrantRole(user, role, await Call.RunAsync(session.Client.Auth.GrantRoleAsync(user, role)));
    }
}
