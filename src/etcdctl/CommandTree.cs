using Etcdctl.CommandLine;
using Etcdctl.Commands;

namespace Etcdctl;

/// <summary>All commands. Their order is the order of suggestions for a mistyped one.</summary>
internal static class CommandTree
{
    /// <summary>Creates the tree.</summary>
    public static Command Create()
    {
        Command root = new("etcdctl", "A simple command line client for etcd3.") { InheritedFlags = GlobalFlags.Create() };
        return root
            .Add(GetCommand.Create())
            .Add(PutCommand.Create())
            .Add(DeleteCommand.Create())
            .Add(TransactionCommand.Create())
            .Add(CompactionCommand.Create())
            .Add(new Command("alarm <subcommand>", "Alarm related commands")
                .Add(AlarmDisarmCommand.Create())
                .Add(AlarmListCommand.Create()))
            .Add(new Command("endpoint <subcommand>", "Endpoint related commands") { InheritedFlags = [EndpointSelection.Flag()] }
                .Add(EndpointHealthCommand.Create())
                .Add(EndpointStatusCommand.Create())
                .Add(EndpointHashKvCommand.Create()))
            .Add(WatchCommand.Create())
            .Add(VersionCommand.Create())
            .Add(new Command("lease <subcommand>", "Lease related commands")
                .Add(LeaseGrantCommand.Create())
                .Add(LeaseRevokeCommand.Create())
                .Add(LeaseTimeToLiveCommand.Create())
                .Add(LeaseListCommand.Create())
                .Add(LeaseKeepAliveCommand.Create()))
            .Add(new Command("member <subcommand>", "Membership related commands")
                .Add(MemberAddCommand.Create())
                .Add(MemberRemoveCommand.Create())
                .Add(MemberUpdateCommand.Create())
                .Add(MemberListCommand.Create())
                .Add(MemberPromoteCommand.Create()))
            .Add(new Command("snapshot <subcommand>", "Manages etcd node snapshots")
                .Add(SnapshotSaveCommand.Create()))
            .Add(MoveLeaderCommand.Create())
            .Add(DefragCommand.Create())
            .Add(CompletionCommand.Create())
            .Add(HelpCommand.Create(root));
    }
}
