using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Takes a role from a user.</summary>
internal static class UserRevokeRoleCommand
{
    public static Command Create() => new("revoke-role <user name> <role name>", "Revokes a role from a user") { Run = RunAsync };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 2)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "user revoke-role requires user name and role name as its argument");
        }

        Session session = Session.Open(context);
        (string user, string role) = (context.Arguments[0], context.Arguments[1]);
        session.Printer.UserRevokeRole(user, role, await Call.RunAsync(session.Client.Auth.RevokeRoleAsync(user, role)));
    }
}
