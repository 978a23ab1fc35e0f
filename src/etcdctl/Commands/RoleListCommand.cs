using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Lists roles.</summary>
internal static class RoleListCommand
{
    public static Command Create() => new("list", "Lists all roles") { Run = RunAsync };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 0)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "role list command requires no arguments");
        }

        Session session = Session.Open(context);
        session.Printer.RoleList(await Call.RunAsync(session.Client.Auth.RolesAsync()));
    }
}
