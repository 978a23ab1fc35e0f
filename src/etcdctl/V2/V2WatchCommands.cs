using System.Diagnostics;
using System.Globalization;

namespace Etcdctl.V2;

/// <summary>Commands that wait for changes.</summary>
internal static class V2WatchCommands
{
    private static readonly V2Flag AfterIndex = new("after-index", V2FlagKind.Number, "watch after the given index", Default: "0");

    /// <summary>All of them, in the order of help.</summary>
    public static IEnumerable<V2Command> Create()
    {
        yield return new("watch", "watch a key for changes", "<key>")
        {
            Flags =
            [
                new("forever", V2FlagKind.Switch, "forever watch a key until CTRL+C", "f"),
                AfterIndex,
                new("recursive", V2FlagKind.Switch, "returns all values for key and child keys", "r"),
            ],
            Run = WatchAsync,
        };
        yield return new("exec-watch", "watch a key for changes and exec an executable", "<key> <command> [args...]")
        {
            Flags = [AfterIndex, new("recursive", V2FlagKind.Switch, "watch all values for key and child keys", "r")],
            Run = ExecuteAsync,
        };
    }

    private static Task WatchAsync(V2Context context)
    {
        string key = context.Require(0, "key");
        return ForEachAsync(context, key, reply =>
        {
            if (reply.Node.IsDirectory)
            {
                context.Terminal.Error.WriteLine($"Ignored dir {reply.Node.Key} change");
            }

            if (context.Arguments.IsOn("recursive"))
            {
                context.Terminal.Output.WriteLine($"[{reply.Action}] {reply.Node.Key}");
            }

            V2Printer.Print(context, reply);
            context.Terminal.Flush();
            return Task.FromResult(context.Arguments.IsOn("forever"));
        });
    }

    private static Task ExecuteAsync(V2Context context)
    {
        List<string> words = context.Arguments.Words;
        if (words.Count < 2)
        {
            throw V2Context.Failed(V2ExitCode.BadArguments, "key and command to exec required");
        }

        // Without -- between them, etcd takes the last word for the key.
        int separator = context.Arguments.Separator;
        string key = separator > 0 ? words[0] : words[^1];
        List<string> command = separator > 0 ? words[separator..] : words[..^1];
        if (command.Count == 0)
        {
            throw V2Context.Failed(V2ExitCode.BadArguments, "key and command to exec required");
        }

        return ForEachAsync(context, key, async reply =>
        {
            if (reply.Node.IsDirectory)
            {
                context.Terminal.Error.WriteLine($"Ignored dir {reply.Node.Key} change");
                context.Terminal.Flush();
            }
            else
            {
                await RunAsync(command, reply).ConfigureAwait(false);
            }

            return true;
        });
    }

    private static async Task RunAsync(List<string> command, V2Reply reply)
    {
        var start = new ProcessStartInfo(command[0]);
        command.Skip(1).ToList().ForEach(start.ArgumentList.Add);
        start.Environment["ETCD_WATCH_ACTION"] = reply.Action;
        start.Environment["ETCD_WATCH_MODIFIED_INDEX"] = reply.Node.ModifiedIndex.ToString(CultureInfo.InvariantCulture);
        start.Environment["ETCD_WATCH_KEY"] = reply.Node.Key;
        start.Environment["ETCD_WATCH_VALUE"] = reply.Node.Value;
        try
        {
            using Process process = Process.Start(start)!;
            await process.WaitForExitAsync().ConfigureAwait(false);
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            throw new CommandFailedException((ExitCode)V2ExitCode.BadArguments, failure.Message);
        }
    }

    private static async Task ForEachAsync(V2Context context, string key, Func<V2Reply, Task<bool>> handle)
    {
        using V2Client client = await context.ConnectAsync().ConfigureAwait(false);
        long after = context.Arguments.Number("after-index");
        string next = after == 0 ? "" : (after + 1).ToString(CultureInfo.InvariantCulture);
        while (true)
        {
            Dictionary<string, string> query = new()
            {
                ["recursive"] = context.Arguments.IsOn("recursive") ? "true" : "false",
                ["wait"] = "true",
                ["waitIndex"] = next.Length == 0 ? "0" : next,
            };
            using V2Answer answer = await client.WatchAsync(key, query).ConfigureAwait(false);
            if (answer.IsEmpty)
            {
                // A member that stops ends the wait without an event. Until the next wait begins others may come: it starts behind
                // the index that this one began at, unless it started somewhere already.
                if (next.Length == 0 && answer.Index > 0)
                {
                    next = (answer.Index + 1).ToString(CultureInfo.InvariantCulture);
                }

                continue;
            }

            V2Reply reply = answer.ToReply();
            next = (reply.Node.ModifiedIndex + 1).ToString(CultureInfo.InvariantCulture);
            if (!await handle(reply).ConfigureAwait(false))
            {
                return;
            }
        }
    }
}
