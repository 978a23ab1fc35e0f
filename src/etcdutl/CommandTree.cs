using Etcdutl.CommandLine;
using Etcdutl.Commands;

namespace Etcdutl;

/// <summary>All commands of the program.</summary>
internal static class CommandTree
{
    public static Command Build() => new Command("etcdutl", "An administrative command line tool for etcd3.")
    {
        InheritedFlags = [new Flag("write-out", FlagKind.Text, "simple", "set the output format (fields, json, protobuf, simple, table)", 'w')],
    }
    .Add(DefragCommand.Create())
    .Add(HashKvCommand.Create())
    .Add(new Command("help [command]", "Help about any command") { IsHelp = true })
    .Add(new Command("snapshot", "Manages etcd node snapshots")
        .Add(SnapshotRestoreCommand.Create())
        .Add(SnapshotStatusCommand.Create()))
    .Add(VersionCommand.Create());
}
