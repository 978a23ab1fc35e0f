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
        Run = invocation => DatabaseFile.Defragment(
            LinuxFileSystem.Instance,
            invocation.Flags.Text("data-dir"),
            notice => NoticeLog.Write(invocation.Errors, notice),
            TimeProvider.System),
    };
}
