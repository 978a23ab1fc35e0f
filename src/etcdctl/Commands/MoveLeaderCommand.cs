using Etcd.Protocol.Rpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Text;

namespace Etcdctl.Commands;

/// <summary>Hands leadership to another member.</summary>
internal static class MoveLeaderCommand
{
    public static Command Create() => new("move-leader <transferee-member-id>", "Transfers leadership to another etcd cluster member.")
    {
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 1)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "move-leader command needs 1 argument");
        }

        ulong target;
        try
        {
            target = GoNumber.ParseHex(context.Arguments[0]);
        }
        catch (FormatException failure)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, failure.Message);
        }

        Session session = Session.Open(context);
        (string endpoint, ulong leader) = await FindLeaderAsync(session);
        MoveLeaderResponse reply = await Call.RunAsync(session.Client.Maintenance.MoveLeaderAsync(target, endpoint));
        session.Printer.LeaderMoved(leader, target, reply);
    }

    // Only the leader takes the call.
    private static async Task<(string Endpoint, ulong Id)> FindLeaderAsync(Session session)
    {
        foreach (string endpoint in session.Client.Endpoints)
        {
            StatusResponse status = await Call.RunAsync(session.Client.Maintenance.StatusAsync(endpoint));
            if (status.Header.MemberId == status.Leader)
            {
                return (endpoint, status.Leader);
            }
        }

        throw CommandFailedException.Because(
            ExitCode.BadArguments, $"no leader endpoint given at [{string.Join(" ", session.Client.Endpoints)}]");
    }
}
