using Etcd.Disk.Linux;
using Etcd.Server.Offline;

using Etcdutl.CommandLine;

namespace Etcdutl.Commands;

/// <summary><c>etcdutl migrate v2store</c>: what <c>etcdctl migrate</c> of etcd 3.4 does, in its words.</summary>
internal static class MigrateV2StoreCommand
{
    public static Command Create() => new("v2store", "Migrates keys in a v2 store to a mvcc store")
    {
        Flags =
        [
            new Flag("data-dir", FlagKind.Text, string.Empty, "Path to the data directory"),
            new Flag("no-ttl", FlagKind.Switch, "false", "Do not convert TTL keys"),
            new Flag("transformer", FlagKind.Text, string.Empty, "Path to the user-provided transformer program; there is none here"),
            new Flag("wal-dir", FlagKind.Text, string.Empty, "Path to the WAL directory"),
        ],
        Run = Run,
    };

    private static void Run(Invocation invocation)
    {
        if (invocation.Flags.Text("transformer").Length > 0)
        {
            throw new CommandFailedException(
                ExitCode.BadArguments,
                "--transformer is not there: keys are migrated as etcd's default transformer does; change them through the v3 API afterwards");
        }

        invocation.Output.WriteLine("using default transformer");
        var directory = DataDirectoryFlags.Read(invocation);
        using LockTimeout wait = LockTimeout.Begin(invocation, directory.Backend);
        V2KeyMigration.Run(LinuxFileSystem.Instance, directory, invocation.Flags.IsOn("no-ttl"), wait.Limit, TimeProvider.System);
        invocation.Output.WriteLine("finished transforming keys");
    }
}
