using Etcdctl.CommandLine;

namespace Etcdctl.Commands;

/// <summary>Copies the keys of the v2 API into the v3 store of a stopped member. The command is of etcd 3.4.</summary>
internal static class MigrateCommand
{
    public static Command Create() => new("migrate", "Migrates keys in a v2 store to a mvcc store")
    {
        IsLater = true,
        Flags =
        [
            new("data-dir", FlagKind.Text, "", "Path to the data directory"),
            new("no-ttl", FlagKind.Switch, "false", "Do not convert TTL keys"),
            new("transformer", FlagKind.Text, "", "Path to the user-provided transformer program"),
            new("wal-dir", FlagKind.Text, "", "Path to the WAL directory"),
        ],
        Run = context => OfflineCommand.RunAsync(context, ["migrate", "v2store"], [.. context.Command.Flags.Select(flag => flag.Name)]),
    };
}
