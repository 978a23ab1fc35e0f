using Etcdctl.Commands;

namespace Etcdctl.V2;

/// <summary><c>backup</c>: work on files, which is done by <c>etcdutl backup</c>.</summary>
internal static class V2BackupCommand
{
    private static readonly string[] Directories = ["data-dir", "wal-dir", "backup-dir", "backup-wal-dir"];

    public static V2Command Create() => new("backup", "backup an etcd directory", " ")
    {
        Flags =
        [
            new("data-dir", V2FlagKind.Text, "Path to the etcd data dir"),
            new("wal-dir", V2FlagKind.Text, "Path to the etcd wal dir"),
            new("backup-dir", V2FlagKind.Text, "Path to the backup dir"),
            new("backup-wal-dir", V2FlagKind.Text, "Path to the backup wal dir"),
            new("with-v3", V2FlagKind.Switch, "Backup v3 backend data"),
        ],
        Run = RunAsync,
    };

    // Here the keys of v3 are left out unless asked for; etcdutl takes them unless told not to.
    private static Task RunAsync(V2Context context) => OfflineCommand.RunAsync(context.Terminal, ["backup"],
    [
        .. Directories.Where(name => context.Arguments.Text(name).Length > 0).Select(name => $"--{name}={context.Arguments.Text(name)}"),
        $"--with-v3={(context.Arguments.IsOn("with-v3") ? "true" : "false")}",
    ]);
}
