using Etcd.Protocol.Rpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Text;
using Etcdctl.Transactions;

namespace Etcdctl.Commands;

/// <summary>Reads a transaction from standard input and runs it.</summary>
internal static class TransactionCommand
{
    public static Command Create() => new("txn [options]", "Txn processes all the requests in one transaction")
    {
        Flags = [new("interactive", FlagKind.Switch, "false", "Input transaction in interactive mode", 'i')],
        Run = RunAsync,
    };

    private static async Task RunAsync(CommandContext context)
    {
        if (context.Arguments.Count != 0)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, "txn command does not accept argument");
        }

        // Like etcdctl, a transaction waits for the cluster as long as it takes.
        Session session = Session.Open(context, hasDeadline: false);
        TxnResponse reply = await Call.RunAsync(session.Client.Kv.TransactionAsync(Read(context)));
        session.Printer.Transaction(reply);
    }

    private static TxnRequest Read(CommandContext context)
    {
        TxnRequest request = new();
        InputLines lines = new(context.Terminal.Input);
        OperationParser operations = new(context.Terminal);
        Prompt(context, "compares:");
        request.Compare.Add(Section(lines, ConditionParser.Parse));
        Prompt(context, "success requests (get, put, del):");
        request.Success.Add(Section(lines, operations.Parse));
        Prompt(context, "failure requests (get, put, del):");
        request.Failure.Add(Section(lines, operations.Parse));
        return request;
    }

    // Lines up to an empty one.
    private static List<T> Section<T>(InputLines lines, Func<string, T> parse)
    {
        List<T> items = [];
        while (true)
        {
            string line = lines.Next()?.Trim()
                ?? throw CommandFailedException.Because(ExitCode.InvalidInput, "EOF");
            if (line.Length == 0)
            {
                return items;
            }

            items.Add(parse(line));
        }
    }

    private static void Prompt(CommandContext context, string text)
    {
        if (context.Flags["interactive"].IsOn)
        {
            context.Terminal.Output.WriteLine(text);
            context.Terminal.Flush();
        }
    }
}
