using Etcdctl.CommandLine;

namespace Etcdctl.Commands;

/// <summary>Makes a data directory of a snapshot file, as etcd 3.5 still does here.</summary>
internal static class SnapshotRestoreCommand
{
    private const string DataDirectory = "data-dir";

    public static Command Create() => new("restore <filename> [options]", "Restores an etcd member snapshot to an etcd directory")
    {
        Description = "Moved to `etcdutl snapshot restore ...`",
        Flags =
        [
            new("bump-revision", FlagKind.Unsigned, "0", "How much to increase the latest revision after restore"),
            new(DataDirectory, FlagKind.Text, "", "Path to the data directory"),
            new("initial-advertise-peer-urls", FlagKind.Text, "http://localhost:2380",
                "List of this member's peer URLs to advertise to the rest of the cluster"),
            new("initial-cluster", FlagKind.Text, "default=http://localhost:2380", "Initial cluster configuration for restore bootstrap"),
            new("initial-cluster-token", FlagKind.Text, "etcd-cluster",
                "Initial cluster token for the etcd cluster during restore bootstrap"),
            new("initial-memory-map-size", FlagKind.Unsigned, "0",
                "Initial memory map size of the database in bytes. It uses the default value if not defined or defined to 0"),
            new("mark-compacted", FlagKind.Switch, "false",
                "Mark the latest revision after restore as the point of scheduled compaction (required if --bump-revision > 0, disallowed otherwise)"),
            new("name", FlagKind.Text, "default", "Human-readable name for this member"),
            new("skip-hash-check", FlagKind.Switch, "false",
                "Ignore snapshot integrity hash value (required if copied from data directory)"),
            new("wal-dir", FlagKind.Text, "", "Path to the WAL directory (use --data-dir if none given)"),
        ],
        Run = RunAsync,
    };

    private static Task RunAsync(CommandContext context)
    {
        context.Terminal.Error.WriteLine("Deprecated: Use `etcdutl snapshot restore` instead.");
        context.Terminal.Error.WriteLine();
        return context.Arguments.Count == 1
            ? OfflineCommand.RunAsync(
                context,
                ["snapshot", "restore", $"--{DataDirectory}={context.Flags[DataDirectory].Value}"], // there it is required; empty, it is named after the member
                [.. context.Command.Flags.Select(flag => flag.Name).Where(name => name != DataDirectory)])
            : throw CommandFailedException.Because(ExitCode.BadArguments, "snapshot restore requires exactly one argument");
    }
}
