using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Adds a role.</summary>
internal static class RoleAddCommand
{
    public static Command Create() => new("add <role name>", "Adds a new role") { Run = RunAsync };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 1)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "role add command requires role name as its argument");
        }

        Session session = Session.Open(context);
        session.Printer.RoleAdd(
            context.Arguments[0], await Call.RunAsync(session.Client.Auth.AddRoleAsync(context.Arguments[0])));
    }
}
