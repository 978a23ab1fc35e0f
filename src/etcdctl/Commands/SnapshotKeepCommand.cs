using Etcd.Client;
using Etcd.Disk;
using Etcd.Disk.Linux;
using Etcd.Grpc;
using Etcdctl.Backups;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Output;

namespace Etcdctl.Commands;

/// <summary>Keeps a directory of incremental backups current: a base snapshot, and every change after it.</summary>
internal static class SnapshotKeepCommand
{
    public static Command Create() => new("keep <directory>", "Keeps a directory of incremental backups current")
    {
        IsLater = true,
        Flags =
        [
            new("base-interval", FlagKind.Duration, "24h0m0s", "how long changes follow one base snapshot before a new one is taken"),
            new("base-bytes", FlagKind.Integer, "1073741824", "size of the changes at which a new base snapshot is taken"),
            new("retain", FlagKind.Integer, "3", "base snapshots to keep, with their changes"),
            new("hash-interval", FlagKind.Duration, "1m0s", "how often the member's hash is recorded, for restores to be verified with"),
            new("mark-interval", FlagKind.Duration, "10s", "how often it is recorded that nothing has happened"),
            new("once", FlagKind.Switch, "false", "stop when the directory is current"),
        ],
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 1)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "snapshot keep expects one argument");
        }

        if (context.Flags["retain"].Number < 1)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "--retain must be at least 1");
        }

        Session session = Session.Open(context, hasDeadline: false);
        if (session.Client.Endpoints.Count != 1)
        {
            throw CommandFailedException.Because(
                ExitCode.BadArguments,
                $"a backup is kept from one selected node, not multiple [{string.Join(" ", session.Client.Endpoints)}]");
        }

        var settings = new KeeperSettings(
            Path.GetFullPath(context.Arguments[0]),
            context.Flags["base-interval"].Duration,
            context.Flags["base-bytes"].Number,
            (int)Math.Min(context.Flags["retain"].Number, int.MaxValue),
            context.Flags["hash-interval"].Duration,
            context.Flags["mark-interval"].Duration,
            context.Flags["once"].IsOn);
        OutputWriter log = context.Terminal.Error;
        try
        {
            LinuxFileSystem disk = LinuxFileSystem.Instance;
            disk.CreateDirectory(settings.Directory);
            using IFile held = disk.Open(Path.Combine(settings.Directory, "lock"), FileOpening.CreateOrReadWrite);
            if (!held.TryLock(FileLock.OpenFileDescription))
            {
                throw CommandFailedException.Because(ExitCode.Error, $"{settings.Directory} is kept by another process");
            }

            var keeper = new BackupKeeper(session.Client, disk, settings, (message, facts) =>
            {
                log.WriteLine(LogLine.Write("info", null, message, facts));
                log.Flush();
            });
            await keeper.RunAsync(CancellationToken.None);
        }
        catch (Exception failure) when (failure is RpcException or IOException or UnauthorizedAccessException or InvalidDataException or WatchCanceledException)
        {
            throw CommandFailedException.Because(
                ExitCode.Error, failure is RpcException error ? RpcErrorText.Short(error) : failure.Message);
        }
    }
}
