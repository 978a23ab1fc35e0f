using Etcd.Client;
using Etcd.Protocol.Rpc;
using Etcdctl.CommandLine;
using Etcdctl.Connection;
using Etcdctl.Output;
using Etcdctl.Text;

namespace Etcdctl.Commands;

/// <summary>Sets a key.</summary>
internal static class PutCommand
{
    private const string WrongArguments = "put command needs 1 argument and input from stdin or 2 arguments";

    public static Command Create() => new(
        "put [options] <key> <value> (<value> can also be given from stdin)", "Puts the given key into the store")
    {
        Description = """
            Puts the given key into the store.

            When <value> begins with '-', <value> is interpreted as a flag.
            Insert '--' for workaround:

            $ put <key> -- <value>
            $ put -- <key> <value>

            If <value> isn't given as a command line argument and '--ignore-value' is not specified,
            this command tries to read the value from standard input.

            If <lease> isn't given as a command line argument and '--ignore-lease' is not specified,
            this command tries to read the value from standard input.

            For example,
            $ cat file | put <key>
            will store the content of the file to <key>.
            """,
        Flags =
        [
            new("ignore-lease", FlagKind.Switch, "false", "updates the key using its current lease"),
            new("ignore-value", FlagKind.Switch, "false", "updates the key using its current value"),
            new("lease", FlagKind.Text, "0", "lease ID (in hexadecimal) to attach to the key"),
            new("prev-kv", FlagKind.Switch, "false", "return the previous key-value pair before modification"),
        ],
        Run = RunAsync,
    };

    /// <summary>Reads key, value and options.</summary>
    /// <exception cref="CommandFailedException">They are wrong.</exception>
    public static PutArguments Parse(FlagSet flags, IReadOnlyList<string> arguments, Terminal terminal)
    {
        if (arguments.Count == 0)
        {
            throw CommandFailedException.Because(ExitCode.BadArguments, WrongArguments);
        }

        bool ignoreValue = flags["ignore-value"].IsOn;
        if (ignoreValue && arguments.Count > 1)
        {
            throw CommandFailedException.Because(
                ExitCode.BadArguments, "put command needs only 1 argument when 'ignore-value' is set");
        }

        byte[] value = ignoreValue ? [] : Value(arguments, terminal);
        PutOptions options = new()
        {
            Lease = LeaseId.Parse(flags["lease"].Value, "lease ID"),
            PreviousKeyValue = flags["prev-kv"].IsOn,
            IgnoreValue = ignoreValue,
            IgnoreLease = flags["ignore-lease"].IsOn,
        };
        return new PutArguments(RawText.Encode(arguments[0]), value, options);
    }

    private static async Task RunAsync(CommandContext context)
    {
        PutArguments put = Parse(context.Flags, context.Arguments, context.Terminal);
        Session session = Session.Open(context);
        PutResponse reply = await Call.RunAsync(session.Client.Kv.PutAsync(put.Key, put.Value, put.Options));
        session.Printer.Put(reply);
    }

    private static byte[] Value(IReadOnlyList<string> arguments, Terminal terminal)
    {
        if (arguments.Count > 1)
        {
            return RawText.Encode(arguments[1]);
        }

        MemoryStream bytes = new();
        terminal.Input.CopyTo(bytes);
        return bytes.Length > 0 ? bytes.ToArray() : throw CommandFailedException.Because(ExitCode.BadArguments, WrongArguments);
    }
}
