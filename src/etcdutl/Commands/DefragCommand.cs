using Etcd.Disk.Linux;
using Etcd.Server.Offline;

using Etcdutl.CommandLine;
using Etcdutl.Output;

namespace Etcdutl.Commands;

/// <summary><c>etcdutl defrag</c>.</summary>
internal static class DefragCommand
{
    public static Command Create() => new("defrag", "Defragments the storage of the etcd")
    {
        Flags =
        [
            new Flag("data-dir", FlagKind.Text, string.Empty, "Required. Defragments a data directory not in use by etcd.") { IsRequired = true },
        ],
        Run = Run,
    };

    private static void Run(Invocation invocation)
    {
        string directory = invocation.Flags.Text("data-dir");
        string path = Path.Combine(directory, "member", "snap", "db");
        using var bar = ProgressBar.OnTerminal(invocation, "defragmenting");
        using LockTimeout wait = LockTimeout.Begin(invocation, path, ". To defrag a running etcd instance, use `etcdctl defrag` instead.");
        DatabaseFile.Defragment(
            LinuxFileSystem.Instance,
            directory,
            ProgressBar.Around(bar, invocation.Errors),
            TimeProvider.System,
            wait.Limit,
            bar?.ForBytes(File.Exists(path) ? new FileInfo(path).Length : 0));
    }
}
