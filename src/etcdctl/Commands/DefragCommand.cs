using Etcd.Grpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;

namespace Etcdctl.Commands;

/// <summary>Defragments members one after the other.</summary>
internal static class DefragCommand
{
    public static Command Create() => new("defrag", "Defragments the storage of the etcd members with given endpoints")
    {
        Flags =
        [
            EndpointSelection.Flag(),
            new("data-dir", FlagKind.Text, "", "Optional. If present, defragments a data directory not in use by etcd."),
        ],
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Flags["data-dir"].Value.Length > 0)
        {
            context.Terminal.Error.WriteLine("Use `etcdutl defrag` instead. The --data-dir is going to be decomissioned in v3.6.");
            context.Terminal.Error.WriteLine();
            await OfflineCommand.RunAsync(context, ["defrag"], ["data-dir"]);
            return;
        }

        Session session = Session.Open(context);
        bool hasFailed = false;
        foreach (string endpoint in await EndpointSelection.ReadAsync(session, context))
        {
            try
            {
                await session.Client.Maintenance.DefragmentAsync(endpoint);
                context.Terminal.Output.WriteLine($"Finished defragmenting etcd member[{endpoint}]");
            }
            catch (RpcException failure)
            {
                hasFailed = true;
                context.Terminal.Error.WriteLine($"Failed to defragment etcd member[{endpoint}] ({RpcErrorText.Short(failure)})");
            }
        }

        if (hasFailed)
        {
            throw CommandFailedException.AlreadyTold(ExitCode.Error);
        }
    }
}
