using Etcdutl.CommandLine;
using Etcdutl.Commands;

namespace Etcdutl;

/// <summary>All commands of the program.</summary>
internal static class CommandTree
{
    public static Command Build() => new Command("etcdutl", "An administrative command line tool for etcd3.")
    {
        InheritedFlags =
        [
            LockTimeout.Flag,
            new Flag("write-out", FlagKind.Text, "simple", "set the output format (fields, json, protobuf, simple, table)", 'w'),
        ],
    }
    .Add(BackupCommand.Create())
    .Add(CheckCommand.Create().Add(CheckV2StoreCommand.Create()))
    .Add(CompletionCommand.Create())
    .Add(DefragCommand.Create())
    .Add(new Command("dump", "Prints what a log, a database or a snapshot record holds")
        .Add(DumpCommand.CreateDatabase())
        .Add(DumpCommand.CreateSnapshot())
        .Add(DumpCommand.CreateLog()))
    .Add(HashKvCommand.Create())
    .Add(new Command("help [command]", "Help about any command") { IsHelp = true })
    .Add(MigrateCommand.Create().Add(MigrateV2StoreCommand.Create()))
    .Add(RepairCommand.Create())
    .Add(new Command("snapshot", "Manages etcd node snapshots")
        .Add(SnapshotRestoreCommand.Create())
        .Add(SnapshotSaveCommand.Create())
        .Add(SnapshotStatusCommand.Create()))
    .Add(VersionCommand.Create());
}
