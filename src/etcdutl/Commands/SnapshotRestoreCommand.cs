using System.Globalization;

using Etcd.Disk.Linux;
using Etcd.Server.Offline;

using Etcdutl.CommandLine;
using Etcdutl.Output;

namespace Etcdutl.Commands;

/// <summary><c>etcdutl snapshot restore</c>.</summary>
internal static class SnapshotRestoreCommand
{
    public static Command Create() => new(
        "restore <filename> --data-dir {output dir} [options]", "Restores an etcd member snapshot to an etcd directory")
    {
        Flags =
        [
            new Flag("data-dir", FlagKind.Text, string.Empty, "Path to the output data directory") { IsRequired = true },
            new Flag("wal-dir", FlagKind.Text, string.Empty, "Path to the WAL directory (use --data-dir if none given)"),
            new Flag("initial-cluster", FlagKind.Text, "default=http://localhost:2380", "Initial cluster configuration for restore bootstrap"),
            new Flag("initial-cluster-token", FlagKind.Text, "etcd-cluster", "Initial cluster token for the etcd cluster during restore bootstrap"),
            new Flag(
                "initial-advertise-peer-urls",
                FlagKind.Text,
                "http://localhost:2380",
                "List of this member's peer URLs to advertise to the rest of the cluster"),
            new Flag("name", FlagKind.Text, "default", "Human-readable name for this member"),
            new Flag(
                "skip-hash-check",
                FlagKind.Switch,
                "false",
                "Ignore snapshot integrity hash value (required if copied from data directory)"),
            new Flag(
                "initial-memory-map-size",
                FlagKind.Unsigned,
                "10737418240",
                "Initial memory map size of the database in bytes. It uses the default value if not defined or defined to 0"),
            new Flag("bump-revision", FlagKind.Unsigned, "0", "How much to increase the latest revision after restore"),
            new Flag(
                "mark-compacted",
                FlagKind.Switch,
                "false",
                "Mark the latest revision after restore as the point of scheduled compaction (required if --bump-revision > 0, disallowed otherwise)"),
            new Flag("to-revision", FlagKind.Integer, "0", "From a directory of incremental backups: the revision to stop at") { IsHidden = true },
            new Flag("to-time", FlagKind.Text, string.Empty, "From a directory of incremental backups: the time to stop at (RFC 3339)") { IsHidden = true },
        ],
        Run = Run,
    };

    private static void Run(Invocation invocation)
    {
        if (invocation.Arguments.Count != 1)
        {
            throw new CommandFailedException(ExitCode.BadArguments, "snapshot restore requires exactly one argument");
        }

        FlagValues flags = invocation.Flags;
        if (flags.Unsigned("bump-revision") > 0 != flags.IsOn("mark-compacted"))
        {
            throw new CommandFailedException(ExitCode.BadArguments, "--mark-compacted required if --revision-bump > 0");
        }

        string wal = flags.Text("wal-dir");
        BackupPoint? point = PointOf(invocation);
        new SnapshotRestore(LinuxFileSystem.Instance, notice => NoticeLog.Write(invocation.Errors, notice)).Run(new RestoreOptions
        {
            SnapshotPath = point?.Generation.BasePath ?? invocation.Arguments[0],
            RollForwardTo = point,
            DataDirectory = flags.Text("data-dir"),
            WalDirectory = wal.Length == 0 ? null : wal,
            Name = flags.Text("name"),
            InitialCluster = flags.Text("initial-cluster"),
            InitialClusterToken = flags.Text("initial-cluster-token"),
            InitialAdvertisePeerUrls = flags.Text("initial-advertise-peer-urls"),
            SkipHashCheck = flags.IsOn("skip-hash-check"),
            InitialMapBytes = flags.Unsigned("initial-memory-map-size"),
            BumpRevision = flags.Unsigned("bump-revision"),
            MarkCompacted = flags.IsOn("mark-compacted"),
        });
    }

    /// <summary>The point to restore, when the argument is a directory that <c>etcdctl snapshot keep</c> has kept.</summary>
    private static BackupPoint? PointOf(Invocation invocation)
    {
        FlagValues flags = invocation.Flags;
        string path = invocation.Arguments[0];
        bool hasTime = flags.IsGiven("to-time"), hasRevision = flags.IsGiven("to-revision");
        if (!Directory.Exists(path))
        {
            return hasTime || hasRevision
                ? throw new CommandFailedException(ExitCode.BadArguments, "--to-revision and --to-time require a directory of incremental backups")
                : null;
        }

        if (hasTime && hasRevision)
        {
            throw new CommandFailedException(ExitCode.BadArguments, "--to-revision and --to-time exclude each other");
        }

        if (hasRevision)
        {
            return BackupPoint.AtRevision(LinuxFileSystem.Instance, path, flags.Integer("to-revision"));
        }

        if (!hasTime)
        {
            return BackupPoint.Newest(LinuxFileSystem.Instance, path);
        }

        return DateTimeOffset.TryParse(flags.Text("to-time"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? BackupPoint.AtTime(LinuxFileSystem.Instance, path, time)
            : throw new CommandFailedException(ExitCode.BadArguments, $"--to-time \"{flags.Text("to-time")}\" is no time such as 2026-05-01T12:00:00Z");
    }
}
