using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.History;
using Etcdctl.Text;

namespace Etcdctl.Commands;

/// <summary>Shows all revisions of a key that the store still has.</summary>
internal static class HistoryCommand
{
    public static Command Create() => new("history [options] <key>", "Shows all revisions of a key that the store still holds")
    {
        Description = """
            The oldest comes first. When --write-out is set to simple, this command prints one comma-separated line for each revision.
            The items in the lines are revision, PUT or DELETE, version, lease, value.
            """,
        Flags =
        [
            new("limit", FlagKind.Integer, "0", "Show only the newest so many revisions"),
            new("rev", FlagKind.Integer, "0", "Show only revisions from this one on"),
        ],
        IsLater = true,
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 1)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "history command needs one argument as key");
        }

        Session session = Session.Open(context, isLongLived: true);
        using CancellationTokenSource deadline = new(context.Flags["command-timeout"].Duration);
        KeyHistory history;
        try
        {
            history = await Call.RunAsync(
                new HistoryReader(session.Client).ReadAsync(RawText.Encode(context.Arguments[0]), context.Flags["rev"].Number, deadline.Token));
        }
        catch (OperationCanceledException)
        {
            throw CommandFailedException.Because(ExitCode.Error, "context deadline exceeded");
        }

        int limit = (int)Math.Clamp(context.Flags["limit"].Number, 0, int.MaxValue);
        session.Printer.History(limit == 0 ? history : history with { Changes = [.. history.Changes.TakeLast(limit)] });
    }
}
