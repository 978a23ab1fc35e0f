using Etcd.Protocol.Rpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;

using Action = Etcd.Protocol.Rpc.DowngradeRequest.Types.DowngradeAction;

namespace Etcdctl.Commands;

/// <summary>Prepares a cluster for servers of the release below. The command is of etcd 3.6.</summary>
internal static class DowngradeCommand
{
    public static Command Create() => new Command("downgrade <subcommand>", "Downgrade related commands") { IsLater = true }
        .Add(new Command("validate <TARGET_VERSION>", "Validate downgrade capability before starting downgrade")
        {
            Run = context => RunAsync(context, Action.Validate, Target(context), "Downgrade validate success, cluster version "),
        })
        .Add(new Command("enable <TARGET_VERSION>", "Start a downgrade action to cluster")
        {
            Run = context => RunAsync(context, Action.Enable, Target(context), "Downgrade enable success, cluster version "),
        })
        .Add(new Command("cancel", "Cancel the ongoing downgrade action to cluster")
        {
            Run = context => RunAsync(context, Action.Cancel, "", "Downgrade cancel success, cluster version "),
        });

    private static string Target(CommandContext context) => context.Arguments.Count > 0
        ? context.Arguments[0]
        : throw CommandFailedException.Because(ExitCode.BadArguments, "TARGET_VERSION not provided");

    private static async Task RunAsync(CommandContext context, Action action, string version, string success)
    {
        Session session = Session.Open(context);
        DowngradeResponse reply = await Call.RunAsync(session.Client.Maintenance.DowngradeAsync(action, version));
        session.Printer.Downgrade(success, reply);
    }
}
