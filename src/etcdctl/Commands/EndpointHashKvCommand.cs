using Etcd.Grpc;
using Etcd.Protocol.Rpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Output;

namespace Etcdctl.Commands;

/// <summary>Shows the hash of each endpoint's keys.</summary>
internal static class EndpointHashKvCommand
{
    public static Command Create() => new("hashkv", "Prints the KV history hash for each endpoint in --endpoints")
    {
        Flags = [new("rev", FlagKind.Integer, "0", "maximum revision to hash (default: all revisions)")],
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        Session session = Session.Open(context);
        List<EndpointReply<HashKVResponse>> replies = [];
        RpcException? last = null;
        foreach (string endpoint in await EndpointSelection.ReadAsync(session, context))
        {
            try
            {
                replies.Add(new(endpoint, await session.Client.Maintenance.HashKvAsync(endpoint, context.Flags["rev"].Number)));
            }
            catch (RpcException error)
            {
                last = error;
                context.Terminal.Error.WriteLine($"Failed to get the hash of endpoint {endpoint} ({RpcErrorText.Short(error)})");
            }
        }

        session.Printer.HashKv(replies);
        if (last is not null)
        {
            throw CommandFailedException.Because(ExitCode.Error, RpcErrorText.Short(last));
        }
    }
}
