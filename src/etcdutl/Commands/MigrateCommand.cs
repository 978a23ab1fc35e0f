using Etcd.Disk.Linux;
using Etcd.Server.Offline;

using Etcdutl.CommandLine;
using Etcdutl.Output;

namespace Etcdutl.Commands;

/// <summary><c>etcdutl migrate</c>, as etcd has it from 3.6 on, between the schemas of 3.5 and 3.6.</summary>
internal static class MigrateCommand
{
    public static Command Create() => new("migrate", "Migrates schema of etcd data dir files to make them compatible with different etcd version")
    {
        Flags =
        [
            new Flag("data-dir", FlagKind.Text, string.Empty, "Path to the etcd data dir") { IsRequired = true },
            new Flag("wal-dir", FlagKind.Text, string.Empty, "Path to the etcd wal dir"),
            new Flag("target-version", FlagKind.Text, string.Empty, "Target etcd version to migrate contents of data dir. Format X.Y (3.5 or 3.6).") { IsRequired = true },
            new Flag("force", FlagKind.Switch, "false", "Ignore entries of the log that the target version does not know. Not recommended!"),
        ],
        Run = invocation =>
        {
            var directory = DataDirectoryFlags.Read(invocation);
            using LockTimeout wait = LockTimeout.Begin(invocation, directory.Backend);
            StorageVersion.Migrate(
                LinuxFileSystem.Instance,
                directory,
                invocation.Flags.Text("target-version"),
                invocation.Flags.IsOn("force"),
                wait.Limit,
                notice => NoticeLog.Write(invocation.Errors, notice));
        },
    };
}
