using Etcd.Client;
using Etcd.Protocol.Rpc;
using Etcdctl.CommandLine;
using Etcdctl.Commands;
using Etcdctl.Output;

namespace Etcdctl.Transactions;

/// <summary>Reads an operation: a put, get or del as on the command line.</summary>
internal sealed class OperationParser(Terminal terminal)
{
    /// <exception cref="CommandFailedException">The line is no operation.</exception>
    public RequestOp Parse(string line)
    {
        List<string> words = ArgumentSplitter.Split(line);
        if (words.Count < 2)
        {
            throw Failed("invalid txn compare request: " + line);
        }

        Command group = new Command("", "").Add(PutCommand.Create()).Add(GetCommand.Create()).Add(DeleteCommand.Create());
        Command? command = group.FindChild(words[0]);
        if (command is null)
        {
            throw Failed("invalid txn request: " + line);
        }

        FlagSet flags = command.AllFlags();
        List<string> arguments = ParseFlags(flags, words, line);
        switch (command.Name)
        {
            case "put":
                PutArguments put = PutCommand.Parse(flags, arguments, terminal);
                return Operations.Put(put.Key, put.Value, put.Options);
            case "get":
                GetArguments get = GetCommand.Parse(flags, arguments);
                return Operations.Get(get.Range, get.Options);
            default:
                DeleteArguments delete = DeleteCommand.Parse(flags, arguments, terminal);
                return Operations.Delete(delete.Range, delete.PreviousKeyValues);
        }
    }

    private static List<string> ParseFlags(FlagSet flags, List<string> words, string line)
    {
        try
        {
            List<string> arguments = flags.Parse(words.ToArray().AsSpan(1));
            return flags["help"].IsOn ? throw Failed("invalid txn request: " + line) : arguments;
        }
        catch (FormatException)
        {
            throw Failed("invalid txn request: " + line);
        }
    }

    private static CommandFailedException Failed(string reason) =>
        CommandFailedException.Because(ExitCode.InvalidInput, reason);
}
