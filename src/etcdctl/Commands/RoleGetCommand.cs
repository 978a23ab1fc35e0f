using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Tells what a role permits.</summary>
internal static class RoleGetCommand
{
    public static Command Create() => new("get <role name>", "Gets detailed information of a role") { Run = RunAsync };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 1)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "role get command requires role name as its argument");
        }

        Session session = Session.Open(context);
        session.Printer.RoleGet(context.Arguments[0], await Call.RunAsync(session.Client.Auth.RoleAsync(context.Arguments[0])));
    }
}
