using System.Globalization;
using Etcdctl.Output;

namespace Etcdctl.V2;

/// <summary>Commands on keys and directories.</summary>
internal static class V2KeyCommands
{
    private static readonly V2Flag Ttl = new("ttl", V2FlagKind.Number, "key time-to-live in seconds", Default: "0");
    private static readonly V2Flag Sort = new("sort", V2FlagKind.Switch, "returns result in sorted order");
    private static readonly V2Flag Quorum = new("quorum", V2FlagKind.Switch, "require quorum for get request", "q");

    /// <summary>All of them, in the order of help.</summary>
    public static IEnumerable<V2Command> Create()
    {
        yield return new("mk", "make a new key with a given value", "<key> <value>")
        {
            Flags = [new("in-order", V2FlagKind.Switch, "create in-order key under directory <key>"), Ttl],
            Run = MakeAsync,
        };
        yield return new("mkdir", "make a new directory", "<key>") { Flags = [Ttl], Run = context => MakeDirectoryAsync(context, "false") };
        yield return new("rm", "remove a key or a directory", "<key>")
        {
            Flags =
            [
                new("dir", V2FlagKind.Switch, "removes the key if it is an empty directory or a key-value pair"),
                new("recursive", V2FlagKind.Switch, "removes the key and all child keys(if it is a directory)", "r"),
                new("with-value", V2FlagKind.Text, "previous value"),
                new("with-index", V2FlagKind.Number, "previous index", Default: "0"),
            ],
            Run = RemoveAsync,
        };
        yield return new("rmdir", "removes the key if it is an empty directory or a key-value pair", "<key>") { Run = RemoveDirectoryAsync };
        yield return new("get", "retrieve the value of a key", "<key>") { Flags = [Sort, Quorum], Run = GetAsync };
        yield return new("ls", "retrieve a directory", "[key]")
        {
            Flags =
            [
                Sort,
                new("recursive", V2FlagKind.Switch, "returns all key names recursively for the given path", "r"),
                new("p", V2FlagKind.Switch, "append slash (/) to directories"),
                Quorum,
            ],
            Run = ListAsync,
        };
        yield return new("set", "set the value of a key", "<key> <value>")
        {
            Description = "   Set sets the value of a key.\n\n   When <value> begins with '-', <value> is interpreted as a flag.\n   Insert '--' for workaround:\n\n   $ set -- <key> <value>",
            Flags =
            [
                Ttl,
                new("swap-with-value", V2FlagKind.Text, "previous value"),
                new("swap-with-index", V2FlagKind.Number, "previous index", Default: "0"),
            ],
            Run = SetAsync,
        };
        yield return new("setdir", "create a new directory or update an existing directory TTL", "<key>")
        {
            Flags = [Ttl],
            Run = context => MakeDirectoryAsync(context, null),
        };
        yield return new("update", "update an existing key with a given value", "<key> <value>") { Flags = [Ttl], Run = UpdateAsync };
        yield return new("updatedir", "update an existing directory", "<key> <value>")
        {
            Flags = [Ttl],
            Run = context => MakeDirectoryAsync(context, "true"),
        };
    }

    private static async Task SetAsync(V2Context context)
    {
        string key = context.Require(0, "key");
        string value = context.RequireValue(1);
        Dictionary<string, string> query = [];
        AddUnlessEmpty(query, "prevValue", context.Arguments.Text("swap-with-value"));
        AddUnlessZero(query, "prevIndex", context.Arguments.Number("swap-with-index"));
        await WriteAsync(context, "PUT", key, value, query).ConfigureAwait(false);
    }

    private static async Task MakeAsync(V2Context context)
    {
        string key = context.Require(0, "key");
        string value = context.RequireValue(1);
        bool isInOrder = context.Arguments.IsOn("in-order");
        await WriteAsync(
            context, isInOrder ? "POST" : "PUT", key, value, isInOrder ? [] : new() { ["prevExist"] = "false" }).ConfigureAwait(false);
    }

    private static async Task UpdateAsync(V2Context context)
    {
        string key = context.Require(0, "key");
        string value = context.RequireValue(1);
        await WriteAsync(context, "PUT", key, value, new() { ["prevExist"] = "true" }).ConfigureAwait(false);
    }

    private static async Task WriteAsync(V2Context context, string method, string key, string value, Dictionary<string, string> query)
    {
        AddUnlessZero(query, "ttl", context.Arguments.Number("ttl"));
        using V2Client client = await context.ConnectAsync().ConfigureAwait(false);
        V2Reply reply = await client.KeysAsync(method, key, query, new Dictionary<string, string> { ["value"] = value }).ConfigureAwait(false);
        V2Printer.Print(context, reply);
    }

    private static async Task MakeDirectoryAsync(V2Context context, string? prevExist)
    {
        string key = context.Require(0, "key");
        Dictionary<string, string> query = new() { ["dir"] = "true" };
        AddUnlessEmpty(query, "prevExist", prevExist ?? "");
        AddUnlessZero(query, "ttl", context.Arguments.Number("ttl"));
        using V2Client client = await context.ConnectAsync().ConfigureAwait(false);
        V2Reply reply = await client.KeysAsync("PUT", key, query, new Dictionary<string, string>()).ConfigureAwait(false);
        if (context.Format != "simple")
        {
            V2Printer.Print(context, reply);
        }
    }

    private static async Task RemoveAsync(V2Context context)
    {
        string key = context.Require(0, "key");
        Dictionary<string, string> query = [];
        AddUnlessEmpty(query, "prevValue", context.Arguments.Text("with-value"));
        AddUnlessZero(query, "prevIndex", context.Arguments.Number("with-index"));
        AddUnlessEmpty(query, "dir", context.Arguments.IsOn("dir") ? "true" : "");
        AddUnlessEmpty(query, "recursive", context.Arguments.IsOn("recursive") ? "true" : "");
        await DeleteAsync(context, key, query).ConfigureAwait(false);
    }

    private static Task RemoveDirectoryAsync(V2Context context) =>
        DeleteAsync(context, context.Require(0, "key"), new() { ["dir"] = "true" });

    private static async Task DeleteAsync(V2Context context, string key, Dictionary<string, string> query)
    {
        using V2Client client = await context.ConnectAsync().ConfigureAwait(false);
        V2Reply reply = await client.KeysAsync("DELETE", key, query).ConfigureAwait(false);
        if (!reply.Node.IsDirectory || context.Format != "simple")
        {
            V2Printer.Print(context, reply);
        }
    }

    private static async Task GetAsync(V2Context context)
    {
        V2Reply reply = await ReadAsync(context, context.Require(0, "key"), isRecursive: false).ConfigureAwait(false);
        if (reply.Node.IsDirectory)
        {
            throw new CommandFailedException((ExitCode)V2ExitCode.BadArguments, reply.Node.Key + ": is a directory");
        }

        V2Printer.Print(context, reply);
    }

    private static async Task ListAsync(V2Context context)
    {
        string key = context.Arguments.Words.Count > 0 ? context.Arguments.Words[0] : "/";
        V2Reply reply = await ReadAsync(context, key, context.Arguments.IsOn("recursive")).ConfigureAwait(false);
        if (context.Format != "simple")
        {
            V2Printer.Print(context, reply);
            return;
        }

        if (!reply.Node.IsDirectory)
        {
            context.Terminal.Output.WriteLine(reply.Node.Key);
        }

        PrintNames(context.Terminal.Output, reply.Node.Nodes ?? [], context.Arguments.IsOn("p"));
    }

    private static void PrintNames(OutputWriter output, IReadOnlyList<V2ReplyNode> nodes, bool marksDirectories)
    {
        foreach (V2ReplyNode node in nodes)
        {
            output.WriteLine(node.IsDirectory && marksDirectories ? node.Key + "/" : node.Key);
            PrintNames(output, node.Nodes ?? [], marksDirectories);
        }
    }

    private static async Task<V2Reply> ReadAsync(V2Context context, string key, bool isRecursive)
    {
        Dictionary<string, string> query = new()
        {
            ["quorum"] = context.Arguments.IsOn("quorum") ? "true" : "false",
            ["recursive"] = isRecursive ? "true" : "false",
            ["sorted"] = context.Arguments.IsOn("sort") ? "true" : "false",
        };
        using V2Client client = await context.ConnectAsync().ConfigureAwait(false);
        return await client.KeysAsync("GET", key, query).ConfigureAwait(false);
    }

    private static void AddUnlessEmpty(Dictionary<string, string> query, string name, string value)
    {
        if (value.Length > 0)
        {
            query[name] = value;
        }
    }

    private static void AddUnlessZero(Dictionary<string, string> query, string name, long value)
    {
        if (value != 0)
        {
            query[name] = value.ToString(CultureInfo.InvariantCulture);
        }
    }
}
