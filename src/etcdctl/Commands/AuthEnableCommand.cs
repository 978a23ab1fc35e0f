using Etcd.Client;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Turns authentication on; user root gets role root if it lacks it.</summary>
internal static class AuthEnableCommand
{
    private const string Root = "root";

    public static Command Create() => new("enable", "Enables authentication") { Run = RunAsync };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 0)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "auth enable command does not accept any arguments");
        }

        Session session = Session.Open(context);
        await Call.RunAsync(EnableAsync(session.Client.Auth));
        context.Terminal.Output.WriteLine("Authentication Enabled");
    }

    private static async Task<AuthEnableResponse> EnableAsync(AuthClient auth)
    {
        try
        {
            return await auth.EnableAsync();
        }
        catch (RpcException refusal) when (refusal.Message == "etcdserver: root user does not have root role")
        {
            await auth.AddRoleAsync(Root);
            await auth.GrantRoleAsync(Root, Root);
            return await auth.EnableAsync();
        }
    }
}
