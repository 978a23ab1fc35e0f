using Etcd.Grpc;
using Etcd.Protocol.Rpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Output;

namespace Etcdctl.Commands;

/// <summary>Shows version, size, leader and indexes of each endpoint.</summary>
internal static class EndpointStatusCommand
{
    public static Command Create() => new("status", "Prints out the status of endpoints specified in `--endpoints` flag")
    {
        Description = """
            When --write-out is set to simple, this command prints out comma-separated status lists for each endpoint.
            The items in the lists are endpoint, ID, version, db size, is leader, is learner, raft term, raft index, raft applied index, errors.
            """,
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        Session session = Session.Open(context);
        List<EndpointReply<StatusResponse>> replies = [];
        bool hasFailed = false;
        foreach (string endpoint in await EndpointSelection.ReadAsync(session, context))
        {
            try
            {
                replies.Add(new(endpoint, await session.Client.Maintenance.StatusAsync(endpoint)));
            }
            catch (RpcException error)
            {
                hasFailed = true;
                context.Terminal.Error.WriteLine($"Failed to get the status of endpoint {endpoint} ({RpcErrorText.Short(error)})");
            }
        }

        session.Printer.Status(replies);
        if (hasFailed)
        {
            throw CommandFailedException.AlreadyTold(ExitCode.Error);
        }
    }
}
