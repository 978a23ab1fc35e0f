using Etcd.Disk.Linux;
using Etcd.Server.Offline;

using Etcdutl.CommandLine;

namespace Etcdutl.Commands;

/// <summary><c>etcdutl check v2store</c>.</summary>
internal static class CheckV2StoreCommand
{
    public static Command Create() => new("v2store", "Check custom content in v2store")
    {
        Flags =
        [
            new Flag("data-dir", FlagKind.Text, string.Empty, "Required. A data directory not in use by etcd.") { IsRequired = true },
            new Flag("wal-dir", FlagKind.Text, string.Empty, "Optional. A dedicated WAL directory."),
        ],
        Run = invocation =>
        {
            if (V2StoreCheck.HasCustomContent(LinuxFileSystem.Instance, DataDirectoryFlags.Read(invocation)))
            {
                throw new CommandFailedException(ExitCode.Error, "detected custom content in v2store");
            }

            invocation.Output.WriteLine("No custom content found in v2store.");
        },
    };
}
