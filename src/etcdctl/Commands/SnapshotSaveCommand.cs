using System.Diagnostics;
using Etcd.Backup;
using Etcd.Disk.Linux;
using Etcd.Grpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Output;
using Etcdctl.Text;

namespace Etcdctl.Commands;

/// <summary>Saves a member's store to a file.</summary>
internal static class SnapshotSaveCommand
{
    public static Command Create() =>
        new("save <filename>", "Stores an etcd node backend snapshot to a given file") { Run = RunAsync };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 1)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "snapshot save expects one argument");
        }

        // The size decides how long it takes, so that only a time-out the user names counts.
        Session session = Session.Open(context, hasDeadline: false);
        if (session.Client.Endpoints.Count != 1)
        {
            throw CommandFailedException.Because(
                ExitCode.Interrupted,
                $"snapshot must be requested to one selected node, not multiple [{string.Join(" ", session.Client.Endpoints)}]");
        }

        string path = context.Arguments[0];
        RefuseName(path);
        Flag timeout = context.Flags["command-timeout"];
        using CancellationTokenSource deadline = new();
        if (timeout.IsChanged)
        {
            deadline.CancelAfter(timeout.Duration);
        }

        await SaveAsync(session, path, context, deadline.Token);
        context.Terminal.Output.WriteLine("Snapshot saved at " + path);
    }

    /// <summary>Refuses what no file can be called, in the words that real etcdctl has for it once all of the snapshot has come.</summary>
    private static void RefuseName(string path)
    {
        string? fault = path.Length == 0 ? "no such file or directory" : Directory.Exists(path) ? "file exists" : null;
        if (fault is not null)
        {
            string part = SnapshotFile.PartPathOf(path);
            throw CommandFailedException.Because(ExitCode.Interrupted, $"could not rename {part} to {path} (rename {part} {path}: {fault})");
        }
    }

    private static async Task SaveAsync(Session session, string path, CommandContext context, CancellationToken cancellationToken)
    {
        string part = SnapshotFile.PartPathOf(path);
        OutputWriter log = context.Terminal.Error;
        using SnapshotFile file = Create(path);
        try
        {
            log.WriteLine(LogLine.Write("info", null, "created temporary db file", ("path", part)));
            long start = Stopwatch.GetTimestamp();
            string endpoint = session.Client.Endpoints[0];
            log.WriteLine(LogLine.Write("info", null, "fetching snapshot", ("endpoint", endpoint)));
            using StatusLine? line = context.Flags["write-out"].Value == "json" ? null : StatusLine.OnTerminal(context.Terminal);
            long size = await session.Client.Maintenance.SaveSnapshotAsync(
                file.Content, line is null ? null : new SnapshotProgress(line), cancellationToken);
            line?.Clear();
            file.Keep();
            log.WriteLine(LogLine.Write("info", null, "fetched snapshot",
                ("endpoint", endpoint), ("size", GoText.Size((ulong)size)), ("took", GoDuration.Format(Stopwatch.GetElapsedTime(start)))));
            log.WriteLine(LogLine.Write("info", null, "saved", ("path", path)));
        }
        catch (Exception failure) when (failure is RpcException or IOException or InvalidDataException or OperationCanceledException)
        {
            throw CommandFailedException.Because(ExitCode.Interrupted, Reason(failure));
        }
    }

    private static SnapshotFile Create(string path)
    {
        try
        {
            return SnapshotFile.Create(LinuxFileSystem.Instance, path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            string part = SnapshotFile.PartPathOf(path);
            throw CommandFailedException.Because(
                ExitCode.Interrupted, $"could not open {part} (open {part}: {FileError.Describe(failure)})");
        }
    }

    private static string Reason(Exception failure) => failure switch
    {
        RpcException error => RpcErrorText.Short(error),
        OperationCanceledException => "context deadline exceeded",
        _ => failure.Message,
    };
}
