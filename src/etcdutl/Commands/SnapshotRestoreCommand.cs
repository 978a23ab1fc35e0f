using System.Globalization;

using Etcd.Disk.Linux;
using Etcd.Server.Offline;
using Etcd.Server.Offline.Replay;

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
            new Flag("roll-forward", FlagKind.Text, string.Empty, "Saved log, or data directory of a stopped member, to bring the snapshot forward with")
            {
                IsHidden = true,
            },
            new Flag("to-revision", FlagKind.Integer, "0", "With incremental backups or --roll-forward: the revision to stop at") { IsHidden = true },
            new Flag("to-time", FlagKind.Text, string.Empty, "From a directory of incremental backups: the time to stop at (RFC 3339)") { IsHidden = true },
            new Flag(
                "history",
                FlagKind.Integer,
                "0",
                "From a directory of incremental backups: history of the cluster, when it was put back to an earlier state meanwhile (0: the newest)")
            {
                IsHidden = true,
            },
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
        IRollForward? point = PointOf(invocation);
        using var bar = ProgressBar.OnTerminal(invocation, "restoring");
        new SnapshotRestore(LinuxFileSystem.Instance, ProgressBar.Around(bar, invocation.Errors)) { Progress = bar }.Run(new RestoreOptions
        {
            SnapshotPath = (point as BackupPoint)?.Generation.BasePath ?? invocation.Arguments[0],
            RollForwardTo = point,
            DataDirectory = flags.Text("data-dir") is { Length: > 0 } given ? given : flags.Text("name") + ".etcd",
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

    /// <summary>The point to restore, when the argument is a directory that <c>etcdctl snapshot keep</c> has kept, or a log is named.</summary>
    private static IRollForward? PointOf(Invocation invocation)
    {
        FlagValues flags = invocation.Flags;
        bool isBackup = Directory.Exists(invocation.Arguments[0]);
        bool hasTime = flags.IsGiven("to-time"), hasLog = flags.IsGiven("roll-forward"), hasHistory = flags.IsGiven("history");
        long? revision = flags.IsGiven("to-revision") ? flags.Integer("to-revision") : null;
        string? wrong =
            hasTime && revision is not null ? "--to-revision and --to-time exclude each other"
            : isBackup && hasLog ? "--roll-forward requires a snapshot file, not a directory of incremental backups"
            : hasLog && hasTime
                ? "--to-time requires a directory of incremental backups, kept by etcdctl snapshot keep: a log holds no times. Name a revision with --to-revision"
            : !isBackup && hasHistory ? "--history requires a directory of incremental backups"
            : !isBackup && !hasLog && (hasTime || revision is not null)
                ? "--to-revision and --to-time require a directory of incremental backups, or --roll-forward"
            : null;
        if (wrong is not null)
        {
            throw new CommandFailedException(ExitCode.BadArguments, wrong);
        }

        return hasLog ? LogPoint.At(LinuxFileSystem.Instance, flags.Text("roll-forward"), revision, TimeProvider.System, LockTimeout.Of(invocation))
            : isBackup ? BackupPointOf(invocation, revision)
            : null;
    }

    private static BackupPoint BackupPointOf(Invocation invocation, long? revision)
    {
        FlagValues flags = invocation.Flags;
        string path = invocation.Arguments[0];
        long asked = flags.Integer("history");
        int? history = asked == 0 ? null : (int)Math.Clamp(asked, int.MinValue, int.MaxValue);
        if (revision is { } wanted)
        {
            return BackupPoint.AtRevision(LinuxFileSystem.Instance, path, wanted, history);
        }

        if (!flags.IsGiven("to-time"))
        {
            return BackupPoint.Newest(LinuxFileSystem.Instance, path, history);
        }

        return DateTimeOffset.TryParse(flags.Text("to-time"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? BackupPoint.AtTime(LinuxFileSystem.Instance, path, time, history)
            : throw new CommandFailedException(ExitCode.BadArguments, $"--to-time \"{flags.Text("to-time")}\" is no time such as 2026-05-01T12:00:00Z");
    }
}
