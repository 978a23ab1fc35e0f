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
            new Flag("transformer", FlagKind.Text, string.Empty, "Path to the user-provided transformer program"),
            new Flag("wal-dir", FlagKind.Text, string.Empty, "Path to the WAL directory"),
        ],
        Run = Run,
    };

    private static void Run(Invocation invocation)
    {
        string transformer = invocation.Flags.Text("transformer");
        if (transformer.Length == 0)
        {
            invocation.Output.WriteLine("using default transformer");
            invocation.Output.Flush();
        }

        var directory = DataDirectoryFlags.Read(invocation);
        using LockTimeout wait = LockTimeout.Begin(invocation, directory.Backend);
        var options = new V2KeyMigrationOptions(
            directory, invocation.Flags.IsOn("no-ttl"), transformer.Length == 0 ? null : TransformerProgram.Of(transformer), wait.Limit);
        V2KeyMigration.Run(LinuxFileSystem.Instance, options, TimeProvider.System);
        invocation.Output.WriteLine("finished transforming keys");
    }
}
