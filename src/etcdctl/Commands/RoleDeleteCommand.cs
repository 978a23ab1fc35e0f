using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Deletes a role.</summary>
internal static class RoleDeleteCommand
{
    public static Command Create() => new("delete <role name>", "Deletes a role") { Run = RunAsync };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 1)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "role delete command requires role name as its argument");
        }

        Session session = Session.Open(context);
        session.Printer.RoleDelete(
            context.Arguments[0], await Call.RunAsync(session.Client.Auth.DeleteRoleAsync(context.Arguments[0])));
    }
}
