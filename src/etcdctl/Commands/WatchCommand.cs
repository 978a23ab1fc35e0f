using Etcd.Client;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Text;

namespace Etcdctl.Commands;

/// <summary>Reports changes as they happen.</summary>
internal static class WatchCommand
{
    public static Command Create() => new(
        "watch [options] [key or prefix] [range_end] [--] [exec-command arg1 arg2 ...]", "Watches events stream on keys or prefixes")
    {
        Flags = CreateFlags(),
        Run = RunAsync,
    };

    private static Flag[] CreateFlags() =>
    [
        new("interactive", FlagKind.Switch, "false", "Interactive mode", 'i'),
        new("prefix", FlagKind.Switch, "false", "Watch on a prefix if prefix is set"),
        new("prev-kv", FlagKind.Switch, "false", "get the previous key-value pair before the event happens"),
        new("progress-notify", FlagKind.Switch, "false", "get periodic watch progress notification from server"),
        new("rev", FlagKind.Integer, "0", "Revision to start watching"),
    ];

    private static async Task RunAsync(CommandContext context)
    {
        string key = Environment.GetEnvironmentVariable("ETCDCTL_WATCH_KEY") ?? "";
        string end = Environment.GetEnvironmentVariable("ETCDCTL_WATCH_RANGE_END") ?? "";
        if (key.Length == 0 && end.Length > 0)
        {
            throw CommandFailedException.Because(
                ExitCode.BadArguments, "ETCDCTL_WATCH_KEY is empty but got ETCDCTL_WATCH_RANGE_END=" + GoText.Quote(end));
        }

        if (context.Flags["interactive"].IsOn)
        {
            await InteractiveWatch.RunAsync(context, CreateFlags, key, end);
            return;
        }

        WatchArguments watch = WatchArguments.Parse(WordsAfterWatch(context), context.Command.AllFlags(), key, end);
        Session session = Session.Open(context, hasDeadline: false);
        WatchPrinter printer = new(context.Terminal, session.Printer, watch.Program);
        await printer.RunAsync(Open(session, watch, context.Flags), CancellationToken.None);
        throw CommandFailedException.Because(ExitCode.Interrupted, "watch is canceled by the server");
    }

    /// <summary>Prepares the watch that the arguments ask for.</summary>
    /// <exception cref="CommandFailedException">They do not go together.</exception>
    public static Watcher Open(Session session, WatchArguments watch, FlagSet flags)
    {
        byte[] key = RawText.Encode(watch.Keys[0]);
        bool isPrefix = flags["prefix"].IsOn;
        bool hasEnd = watch.Keys.Count == 2;
        if (hasEnd && isPrefix)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "`range_end` and `--prefix` are mutually exclusive");
        }

        KeyRange range = hasEnd ? KeyRange.Between(key, RawText.Encode(watch.Keys[1])) : isPrefix ? KeyRange.Prefix(key) : key;
        return session.Client.Watch.Open(range, new WatchOptions
        {
            StartRevision = flags["rev"].Number,
            PreviousKeyValues = flags["prev-kv"].IsOn,
            ProgressNotify = flags["progress-notify"].IsOn,
            RequireLeader = true,
        });
    }

    // The parser has already dropped "--", whose place matters here.
    private static List<string> WordsAfterWatch(CommandContext context)
    {
        List<string> all = [.. context.AllArguments];
        int separator = all.IndexOf("--");
        List<string> words = [.. context.Arguments];
        if (separator < 0)
        {
            return words;
        }

        int program = all.Count - separator - 1;
        words.Insert(words.Count - program, "--");
        return words;
    }
}
