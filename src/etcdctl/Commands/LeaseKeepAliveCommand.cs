using Etcd.Client;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Output;
using Etcdctl.Text;

namespace Etcdctl.Commands;

/// <summary>Renews a lease, once or until it is gone.</summary>
internal static class LeaseKeepAliveCommand
{
    public static Command Create() => new("keep-alive [options] <leaseID>", "Keeps leases alive (renew)")
    {
        Flags =
        [
            new("once", FlagKind.Switch, "false",
                "Resets the keep-alive time to its original value and cobrautl.Exits immediately"),
        ],
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 1)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "lease keep-alive command needs lease ID as argument");
        }

        long lease = LeaseId.Parse(context.Arguments[0]);
        bool once = context.Flags["once"].IsOn;
        Session session = Session.Open(context, hasDeadline: once);
        if (once)
        {
            session.Printer.KeepAlive(
                await Call.RunAsync(session.Client.Leases.KeepAliveOnceAsync(lease), ExitCode.BadConnection));
            return;
        }

        await KeepAsync(session, lease, context.Terminal);
    }

    private static async Task KeepAsync(Session session, long lease, Terminal terminal)
    {
        try
        {
            await foreach (LeaseKeepAliveResponse reply in session.Client.Leases.KeepAliveAsync(lease))
            {
                session.Printer.KeepAlive(reply);
                terminal.Flush();
            }
        }
        catch (LeaseExpiredException)
        {
            // The end of the lease is the end of the command, not a failure of it.
            if (session.Printer is SimplePrinter)
            {
                terminal.Output.WriteLine($"lease {GoNumber.Hex((ulong)lease, 16)} expired or revoked.");
            }
        }
        catch (RpcException error)
        {
            throw CommandFailedException.Because(ExitCode.BadConnection, RpcErrorText.Short(error));
        }
    }
}
