using Etcd.Client;
using Etcd.Grpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Text;
using Etcdctl.Transactions;

namespace Etcdctl.Commands;

/// <summary>Reads <c>watch</c> and <c>progress</c> lines from standard input and runs the watches side by side.</summary>
internal static class InteractiveWatch
{
    /// <summary>Runs until the input ends or a program at an event fails.</summary>
    public static async Task RunAsync(
        CommandContext context, Func<Flag[]> createFlags, string environmentKey, string environmentEnd)
    {
        Session session = Session.Open(context, hasDeadline: false);
        InputLines lines = new(context.Terminal.Input);
        List<Watcher> watchers = [];

        // Ends when a watch's program fails, which ends the session.
        TaskCompletionSource failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        while (true)
        {
            Task<string?> reading = Task.Run(lines.Next);
            await Task.WhenAny(reading, failed.Task);
            if (failed.Task.IsCompleted)
            {
                await failed.Task;
                return;
            }

            string line = await reading
                ?? throw CommandFailedException.Because(ExitCode.InvalidInput, "error reading watch request line: EOF");
            if (Parse(context, line, createFlags, environmentKey, environmentEnd) is { } request)
            {
                Start(context, session, request, watchers, failed);
            }
            else if (ArgumentSplitter.Split(line) is ["progress", ..])
            {
                await AskForProgressAsync(watchers);
            }
        }
    }

    private static (WatchArguments Arguments, FlagSet Flags, string Line)? Parse(
        CommandContext context, string line, Func<Flag[]> createFlags, string environmentKey, string environmentEnd)
    {
        List<string> words = ArgumentSplitter.Split(line);
        string? problem = words switch
        {
            [] => $"Invalid command: {line} (watch and progress supported)",
            ["progress", ..] => null,
            ["watch"] when environmentKey.Length == 0 =>
                $"Invalid command {line} (command type or key is not provided)",
            ["watch", ..] => null,
            _ => $"Invalid command {line} (only support watch)",
        };
        if (problem is not null)
        {
            Complain(context, problem);
            return null;
        }

        if (words[0] != "watch")
        {
            return null;
        }

        FlagSet flags = new Command("watch", "") { Flags = createFlags() }.AllFlags();
        return (WatchArguments.Parse(words[1..], flags, environmentKey, environmentEnd), flags, line);
    }

    private static void Start(
        CommandContext context,
        Session session,
        (WatchArguments Arguments, FlagSet Flags, string Line) request,
        List<Watcher> watchers,
        TaskCompletionSource failed)
    {
        Watcher watcher;
        try
        {
            watcher = WatchCommand.Open(session, request.Arguments, request.Flags);
        }
        catch (CommandFailedException failure)
        {
            Complain(context, $"Invalid command {request.Line} ({failure.Message["Error: ".Length..]})");
            return;
        }

        watchers.Add(watcher);
        WatchPrinter printer = new(context.Terminal, session.Printer, request.Arguments.Program);
        _ = SuperviseAsync(printer, watcher, failed);
    }

    private static async Task SuperviseAsync(WatchPrinter printer, Watcher watcher, TaskCompletionSource failed)
    {
        try
        {
            await printer.RunAsync(watcher, CancellationToken.None);
        }
        catch (Exception failure)
        {
            failed.TrySetException(failure);
        }
    }

    private static async Task AskForProgressAsync(List<Watcher> watchers)
    {
        try
        {
            foreach (Watcher watcher in watchers)
            {
                await watcher.RequestProgressAsync();
            }
        }
        catch (RpcException error)
        {
            throw CommandFailedException.Because(ExitCode.Error, RpcErrorText.Short(error));
        }
    }

    private static void Complain(CommandContext context, string text)
    {
        lock (context.Terminal)
        {
            context.Terminal.Error.WriteLine(text);
            context.Terminal.Flush();
        }
    }
}
