using System.Globalization;

using Etcd.Disk.Linux;
using Etcd.Server.Bootstrap;
using Etcd.Server.Offline.Inspection;

using Etcdutl.CommandLine;

namespace Etcdutl.Commands;

/// <summary><c>etcdutl repair</c>: cuts a damaged log before its first fault. Without <c>--cut</c> it says what it would do.</summary>
internal static class RepairCommand
{
    public static Command Create() => new("repair", "Cuts a damaged write-ahead log at its last valid record, after copying it")
    {
        Flags =
        [
            new Flag("data-dir", FlagKind.Text, string.Empty, "Required. A data directory not in use by etcd.") { IsRequired = true },
            new Flag("wal-dir", FlagKind.Text, string.Empty, "Optional. A dedicated WAL directory."),
            new Flag("cut", FlagKind.Switch, "false", "Really cut: entries behind the fault are lost to the member"),
            new Flag("backup-dir", FlagKind.Text, string.Empty, "Where copies of the changed segments go (required with --cut)"),
        ],
        Run = Run,
    };

    private static void Run(Invocation invocation)
    {
        FlagValues flags = invocation.Flags;
        if (flags.IsOn("cut") && flags.Text("backup-dir").Length == 0)
        {
            throw new CommandFailedException(ExitCode.BadArguments, "--cut requires --backup-dir");
        }

        DataDirectory directory = DataDirectoryFlags.Read(invocation);
        TimeSpan lockTimeout = LockTimeout.Of(invocation);
        if (LogRepair.Plan(LinuxFileSystem.Instance, directory, lockTimeout) is not { } plan)
        {
            invocation.Output.WriteLine($"{directory.Wal}: nothing to repair");
            return;
        }

        invocation.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{plan.Fault.Path}: {(plan.Fault.IsTorn ? "torn" : "broken")} at offset {plan.Fault.Offset}: {plan.Fault.Reason}"));
        invocation.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"the log is good up to index {plan.LastIndexKept}; index {plan.LastIndexFound} can be read in all; the database is at {IndexOf(plan)}"));
        CheckFinding[] damage = [.. plan.DatabaseFindings.Where(finding => !finding.IsTorn)];
        if (damage is [CheckFinding first, ..])
        {
            invocation.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{first.File}: broken: {first.Problem}{(damage.Length > 1 ? $", and {damage.Length - 1} more (etcdutl check)" : string.Empty)}"));
            invocation.Output.WriteLine(plan.ConsistentIndex is null
                ? "the database is damaged, and what it needs of the log cannot be told, so --cut is refused: take the database of a backup first, or move this one away"
                : "the database is missing or damaged, so the member may not start, whatever becomes of its log");
        }

        if (plan.ConsistentIndex > plan.LastIndexKept)
        {
            invocation.Output.WriteLine(
                "the database is ahead of what would be left, so the member would not start on it: restore its database instead (etcdutl snapshot restore --skip-hash-check)");
        }

        if (plan.Fault.IsTorn)
        {
            invocation.Output.WriteLine("a crash has left this, and the member's next start repairs it by itself");
        }

        if (!flags.IsOn("cut"))
        {
            invocation.Output.WriteLine(plan.ConsistentIndex is null
                ? "nothing was changed"
                : "nothing was changed; --cut --backup-dir DIR cuts the log there");
            return;
        }

        foreach (string copy in plan.Run(LinuxFileSystem.Instance, directory, flags.Text("backup-dir"), lockTimeout))
        {
            invocation.Output.WriteLine($"kept {copy}");
        }

        invocation.Output.WriteLine($"cut {plan.Fault.Path}");
    }

    private static string IndexOf(LogRepair plan) => plan.ConsistentIndex is { } index
        ? string.Create(CultureInfo.InvariantCulture, $"index {index}")
        : "an index that cannot be read";
}
