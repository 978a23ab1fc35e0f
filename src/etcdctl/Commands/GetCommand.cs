using Etcd.Client;
using Etcd.Protocol.Rpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Output;
using Etcdctl.Text;
using SortOrder = Etcd.Protocol.Rpc.RangeRequest.Types.SortOrder;
using SortTarget = Etcd.Protocol.Rpc.RangeRequest.Types.SortTarget;

namespace Etcdctl.Commands;

/// <summary>Reads keys.</summary>
internal static class GetCommand
{
    public static Command Create() => new("get [options] <key> [range_end]", "Gets the key or a range of keys")
    {
        Flags =
        [
            new("consistency", FlagKind.Text, "l", "Linearizable(l) or Serializable(s)"),
            new("count-only", FlagKind.Switch, "false", "Get only the count"),
            new("from-key", FlagKind.Switch, "false", "Get keys that are greater than or equal to the given key using byte compare"),
            new("keys-only", FlagKind.Switch, "false", "Get only the keys"),
            new("limit", FlagKind.Integer, "0", "Maximum number of results"),
            new("max-create-rev", FlagKind.Integer, "0", "Maximum create revision") { IsLater = true },
            new("max-mod-rev", FlagKind.Integer, "0", "Maximum modification revision") { IsLater = true },
            new("min-create-rev", FlagKind.Integer, "0", "Minimum create revision") { IsLater = true },
            new("min-mod-rev", FlagKind.Integer, "0", "Minimum modification revision") { IsLater = true },
            new("order", FlagKind.Text, "", "Order of results; ASCEND or DESCEND (ASCEND by default)"),
            new("prefix", FlagKind.Switch, "false", "Get keys with matching prefix"),
            new("print-value-only", FlagKind.Switch, "false", "Only write values when using the \"simple\" output format"),
            new("rev", FlagKind.Integer, "0", "Specify the kv revision"),
            new("sort-by", FlagKind.Text, "", "Sort target; CREATE, KEY, MODIFY, VALUE, or VERSION"),
            new("stream", FlagKind.Switch, "false", "Read the range in pieces, which the server need not hold all at once") { IsLater = true },
        ],
        Run = RunAsync,
    };

    /// <summary>Reads keys and options.</summary>
    /// <exception cref="CommandFailedException">They are wrong.</exception>
    public static GetArguments Parse(FlagSet flags, IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0)
        {
            throw CommandFailedException.Because(
                ExitCode.BadArguments, "get command needs one argument as key and an optional argument as range_end");
        }

        KeySelection.CheckFlags(flags);
        if (flags["keys-only"].IsOn && flags["count-only"].IsOn)
        {
            throw CommandFailedException.Because(
                ExitCode.BadArguments, "`--keys-only` and `--count-only` cannot be set at the same time, choose one");
        }

        bool serializable = IsSerializable(flags["consistency"].Value);
        KeyRange range = KeySelection.Parse(flags, arguments);
        SortOrder order = Order(flags["order"].Value);
        SortTarget target = Target(flags["sort-by"].Value);

        // Keys come in ascending order by themselves; asked for nothing, the server can stop at the limit.
        bool isNatural = target == SortTarget.Key && order == SortOrder.Ascend;
        return new GetArguments(range, new GetOptions
        {
            Limit = flags["limit"].Number,
            Revision = flags["rev"].Number,
            Order = isNatural ? SortOrder.None : order,
            SortBy = target,
            Serializable = serializable,
            KeysOnly = flags["keys-only"].IsOn,
            CountOnly = flags["count-only"].IsOn,
            MinCreateRevision = flags["min-create-rev"].Number,
            MaxCreateRevision = flags["max-create-rev"].Number,
            MinModRevision = flags["min-mod-rev"].Number,
            MaxModRevision = flags["max-mod-rev"].Number,
        });
    }

    private static async Task RunAsync(CommandContext context)
    {
        GetArguments get = Parse(context.Flags, context.Arguments);
        bool isStreamed = context.Flags["stream"].IsOn;
        Session session = Session.Open(context, isLongLived: isStreamed);
        RangeResponse reply = isStreamed
            ? await StreamAsync(session, get, context.Flags["command-timeout"].Duration)
            : await Call.RunAsync(session.Client.Kv.GetAsync(get.Range, get.Options));
        if (get.Options.CountOnly && session.Printer is not FieldsPrinter)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "--count-only is only for `--write-out=fields`");
        }

        if (context.Flags["print-value-only"].IsOn)
        {
            SimplePrinter printer = session.Printer as SimplePrinter
                ?? throw CommandFailedException.Because(
                    ExitCode.BadArguments, "print-value-only is only for `--write-out=simple`");
            printer.ValuesOnly = true;
        }

        session.Printer.Get(reply);
    }

    private static async Task<RangeResponse> StreamAsync(Session session, GetArguments get, TimeSpan timeout)
    {
        using CancellationTokenSource deadline = new(timeout);
        try
        {
            return await Call.RunAsync(RangePieces.ReadAsync(session.Client.Kv, get, deadline.Token));
        }
        catch (OperationCanceledException)
        {
            throw CommandFailedException.Because(ExitCode.Error, "context deadline exceeded");
        }
    }

    /// <summary>Reads a value of <c>--consistency</c>.</summary>
    /// <exception cref="CommandFailedException">It is none.</exception>
    public static bool IsSerializable(string consistency) => consistency switch
    {
        "s" => true,
        "l" => false,
        _ => throw CommandFailedException.Because(
            ExitCode.BadFeature, "unknown consistency flag " + GoText.Quote(consistency)),
    };

    private static SortOrder Order(string order) => order.ToUpperInvariant() switch
    {
        "" => SortOrder.None,
        "ASCEND" => SortOrder.Ascend,
        "DESCEND" => SortOrder.Descend,
        _ => throw CommandFailedException.Because(ExitCode.BadFeature, "bad sort order " + order),
    };

    private static SortTarget Target(string target) => target.ToUpperInvariant() switch
    {
        "" or "KEY" => SortTarget.Key,
        "CREATE" => SortTarget.Create,
        "MODIFY" => SortTarget.Mod,
        "VALUE" => SortTarget.Value,
        "VERSION" => SortTarget.Version,
        _ => throw CommandFailedException.Because(ExitCode.BadFeature, "bad sort target " + target),
    };
}
