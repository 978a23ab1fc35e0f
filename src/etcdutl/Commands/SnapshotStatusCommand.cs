using System.Globalization;

using Etcd.Disk.Linux;
using Etcd.Server.Offline;

using Etcdutl.CommandLine;
using Etcdutl.Output;

namespace Etcdutl.Commands;

/// <summary><c>etcdutl snapshot status</c>.</summary>
internal static class SnapshotStatusCommand
{
    public static Command Create() => new("status <filename>", "Gets backend snapshot status of a given file") { Run = Run };

    private static void Run(Invocation invocation)
    {
        if (invocation.Arguments.Count != 1)
        {
            throw new CommandFailedException(ExitCode.BadArguments, "snapshot status requires exactly one argument");
        }

        string format = ResultPrinter.FormatOf(invocation);
        using LockTimeout wait = LockTimeout.Begin(invocation, invocation.Arguments[0]);
        SnapshotStatus status = SnapshotStatus.Read(LinuxFileSystem.Instance, invocation.Arguments[0], wait.Limit);
        ResultPrinter.Print(
            invocation.Output,
            format,
            new ResultValue("HASH", status.Hash.ToString("x", CultureInfo.InvariantCulture), "Hash", "hash", status.Hash),
            new ResultValue("REVISION", Text(status.Revision), "Revision", "revision", status.Revision),
            new ResultValue("TOTAL KEYS", Text(status.TotalKeys), "Keys", "totalKey", status.TotalKeys),
            new ResultValue("TOTAL SIZE", ByteSize.Format(status.TotalBytes), "Size", "totalSize", status.TotalBytes));
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
