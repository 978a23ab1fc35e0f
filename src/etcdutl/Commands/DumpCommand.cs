using Etcd.Disk.Linux;
using Etcd.Server.Offline.Inspection;

using Etcdutl.CommandLine;
using Etcdutl.Output;

namespace Etcdutl.Commands;

/// <summary><c>etcdutl dump</c>: prints the records of a log, a database or a snapshot file.</summary>
internal static class DumpCommand
{
    public static Command CreateLog() => new("wal <directory>", "Prints every record of a write-ahead log")
    {
        Run = invocation => Run(invocation, (path, write) => LogDump.Run(LinuxFileSystem.Instance, path, write)),
    };

    public static Command CreateSnapshot() => new("snap <file or directory>", "Prints .snap files")
    {
        Run = invocation => Run(invocation, (path, write) => SnapshotDump.Run(LinuxFileSystem.Instance, path, write)),
    };

    public static Command CreateDatabase() => new("db <filename>", "Prints the pairs of a database or snapshot file")
    {
        Flags = [new Flag("bucket", FlagKind.Text, string.Empty, "print this bucket alone")],
        Run = invocation => Run(invocation, (path, write) => DatabaseDump.Run(
            LinuxFileSystem.Instance, path, invocation.Flags.Text("bucket"), LockTimeout.Of(invocation), write)),
    };

    private static void Run(Invocation invocation, Action<string, Action<DumpLine>> dump)
    {
        if (invocation.Arguments.Count != 1)
        {
            throw new UsageException($"accepts 1 arg(s), received {invocation.Arguments.Count}");
        }

        Func<DumpLine, string> form = ResultPrinter.FormatOf(invocation) switch
        {
            "simple" => DumpPrinter.Text,
            "json" => DumpPrinter.Json,
            var other => throw new CommandFailedException(ExitCode.BadFeature, $"{other} not supported as output format"),
        };
        dump(invocation.Arguments[0], line => invocation.Output.WriteLine(form(line)));
    }
}
