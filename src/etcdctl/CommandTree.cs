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
                .Add(SnapshotSaveCommand.Create())
                .Add(SnapshotKeepCommand.Create())
                .Add(SnapshotStatusCommand.Create())
                .Add(SnapshotRestoreCommand.Create()))
            .Add(MakeMirrorCommand.Create())
            .Add(LockCommand.Create())
            .Add(ElectCommand.Create())
            .Add(MoveLeaderCommand.Create())
            .Add(DefragCommand.Create())
            .Add(CompletionCommand.Create())
            .Add(new Command("auth <enable or disable>", "Enable or disable authentication")
                .Add(AuthEnableCommand.Create())
                .Add(AuthDisableCommand.Create())
                .Add(AuthStatusCommand.Create()))
            .Add(new Command("user <subcommand>", "User related commands")
                .Add(UserAddCommand.Create())
                .Add(UserDeleteCommand.Create())
                .Add(UserGetCommand.Create())
                .Add(UserListCommand.Create())
                .Add(UserPasswordCommand.Create())
                .Add(UserGrantRoleCommand.Create())
                .Add(UserRevokeRoleCommand.Create()))
            .Add(new Command("role <subcommand>", "Role related commands")
                .Add(RoleAddCommand.Create())
                .Add(RoleDeleteCommand.Create())
                .Add(RoleGetCommand.Create())
                .Add(RoleListCommand.Create())
                .Add(RoleGrantPermissionCommand.Create())
                .Add(RoleRevokePermissionCommand.Create()))
            .Add(new Command("check <subcommand>", "commands for checking properties of the etcd cluster")
                .Add(CheckPerfCommand.Create())
                .Add(CheckDatascaleCommand.Create()))
            .Add(DowngradeCommand.Create())
            .Add(MigrateCommand.Create())
            .Add(HistoryCommand.Create())
            .Add(TopCommand.Create())
            .Add(DoctorCommand.Create())
            .Add(OptionsCommand.Create())
            .Add(HelpCommand.Create(root));
    }
}
