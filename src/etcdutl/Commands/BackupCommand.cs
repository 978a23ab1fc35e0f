using Etcd.Disk.Linux;
using Etcd.Server.Offline;

using Etcdutl.CommandLine;
using Etcdutl.Output;

namespace Etcdutl.Commands;

/// <summary><c>etcdutl backup</c>.</summary>
internal static class BackupCommand
{
    public static Command Create() => new("backup", "[legacy] offline backup of etcd directory")
    {
        Flags =
        [
            new Flag("data-dir", FlagKind.Text, string.Empty, "Path to the etcd data dir") { IsRequired = true },
            new Flag("wal-dir", FlagKind.Text, string.Empty, "Path to the etcd wal dir"),
            new Flag("backup-dir", FlagKind.Text, string.Empty, "Path to the backup dir") { IsRequired = true },
            new Flag("backup-wal-dir", FlagKind.Text, string.Empty, "Path to the backup wal dir"),
            new Flag("with-v3", FlagKind.Switch, "true", "Backup v3 backend data"),
        ],
        Run = Run,
    };

    private static void Run(Invocation invocation)
    {
        using var bar = ProgressBar.OnTerminal(invocation, "copying");
        var backup = new MemberBackup(LinuxFileSystem.Instance, ProgressBar.Around(bar, invocation.Errors))
        {
            Progress = bar,
            LockTimeout = LockTimeout.Of(invocation),
        };
        backup.Run(new MemberBackupOptions(
            DataDirectoryFlags.Read(invocation),
            DataDirectoryFlags.Read(invocation, "backup-dir", "backup-wal-dir"),
            invocation.Flags.IsOn("with-v3")));
    }
}
