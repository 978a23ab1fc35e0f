using Etcd.Protocol.Rpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Tells the roles of a user.</summary>
internal static class UserGetCommand
{
    public static Command Create() => new("get <user name> [options]", "Gets detailed information of a user")
    {
        Flags = [new("detail", FlagKind.Switch, "false", "Show permissions of roles granted to the user")],
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 1)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "user get command requires user name as its argument");
        }

        string user = context.Arguments[0];
        Session session = Session.Open(context);
        AuthUserGetResponse reply = await Call.RunAsync(session.Client.Auth.UserAsync(user));
        if (!context.Flags["detail"].IsOn)
        {
            session.Printer.UserGet(user, reply);
            return;
        }

        // As with etcdctl, the name comes in the simple form whatever the format.
        context.Terminal.Output.WriteLine($"User: {user}");
        foreach (string role in reply.Roles)
        {
            context.Terminal.Output.WriteLine();
            session.Printer.RoleGet(role, await Call.RunAsync(session.Client.Auth.RoleAsync(role)));
        }
    }
}
