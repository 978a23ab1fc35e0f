using Etcd.Protocol.Rpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Output;

namespace Etcdctl.Commands;

/// <summary>Deletes keys.</summary>
internal static class DeleteCommand
{
    public static Command Create() =>
        new("del [options] <key> [range_end]", "Removes the specified key or range of keys [key, range_end)")
        {
            Flags =
            [
                new("from-key", FlagKind.Switch, "false",
                    "delete keys that are greater than or equal to the given key using byte compare"),
                new("prefix", FlagKind.Switch, "false", "delete keys with matching prefix"),
                new("prev-kv", FlagKind.Switch, "false", "return deleted key-value pairs"),
                new("range", FlagKind.Switch, "false", "delete range of keys"),
            ],
            Run = RunAsync,
        };

    /// <summary>Reads keys and options.</summary>
    /// <exception cref="CommandFailedException">They are wrong.</exception>
    public static DeleteArguments Parse(FlagSet flags, IReadOnlyList<string> arguments, Terminal terminal)
    {
        if (arguments.Count is 0 or > 2)
        {
            throw CommandFailedException.Because(
                ExitCode.BadArguments, "del command needs one argument as key and an optional argument as range_end");
        }

        KeySelection.CheckFlags(flags);
        DeleteArguments result = new(KeySelection.Parse(flags, arguments), flags["prev-kv"].IsOn);
        if (arguments.Count > 1 && !flags["range"].IsOn)
        {
            terminal.Error.WriteLine(
                "In etcd v3.6, the operation will be suspended for a few seconds to provide the user time to verify range.");
        }

        return result;
    }

    private static async Task RunAsync(CommandContext context)
    {
        DeleteArguments delete = Parse(context.Flags, context.Arguments, context.Terminal);
        Session session = Session.Open(context);
        DeleteRangeResponse reply =
            await Call.RunAsync(session.Client.Kv.DeleteAsync(delete.Range, delete.PreviousKeyValues));
        session.Printer.Delete(reply);
    }
}
