using System.Text.Json;

namespace Etcdctl.V2;

/// <summary><c>role</c> and what is below it.</summary>
internal static class V2RoleCommands
{
    /// <summary>All of them.</summary>
    public static V2Command Create() => new("role", "role add, grant and revoke subcommands", "")
    {
        Children =
        [
            new("add", "add a new role for the etcd cluster", "<role> ") { Run = AddAsync },
            new("get", "get details for a role", "<role>") { Run = GetAsync },
            new("list", "list all roles", " ") { Run = ListAsync },
            new("remove", "remove a role from the etcd cluster", "<role>") { Run = RemoveAsync },
            new("grant", "grant path matches to an etcd role", "<role>")
            {
                Flags = PathFlags("Path granted for the role to access", "Grant read-only access", "Grant write-only access", "Grant read-write access"),
                Run = context => ChangeAsync(context, "grant"),
            },
            new("revoke", "revoke path matches for an etcd role", "<role>")
            {
                Flags = PathFlags("Path revoked for the role to access", "Revoke read access", "Revoke write access", "Revoke read-write access"),
                Run = context => ChangeAsync(context, "revoke"),
            },
        ],
    };

    private static V2Flag[] PathFlags(string path, string read, string write, string both) =>
    [
        new("path", V2FlagKind.Text, path),
        new("read", V2FlagKind.Switch, read),
        new("write", V2FlagKind.Switch, write),
        new("readwrite", V2FlagKind.Switch, both, "rw"),
    ];

    private static async Task AddAsync(V2Context context)
    {
        string name = NameOf(context);
        if (await ExistsAsync(context, name).ConfigureAwait(false))
        {
            throw V2AccessClient.Failed($"Role {name} already exists");
        }

        string json = V2AccessClient.Json(writer => writer.WriteString("role", name));
        using V2Answer answer =
            await V2AccessClient.SendAsync(context, "PUT", "roles/" + V2AccessClient.Escape(name), json).ConfigureAwait(false);
        context.Terminal.Output.WriteLine($"Role {name} created");
    }

    private static async Task<bool> ExistsAsync(V2Context context, string name)
    {
        try
        {
            using V2Answer answer = await V2AccessClient.SendAsync(context, "GET", "roles/" + V2AccessClient.Escape(name)).ConfigureAwait(false);
            return true;
        }
        catch (CommandFailedException failure) when (failure.Code == (ExitCode)V2ExitCode.BadArguments)
        {
            // Not there, or not to be seen: the creation itself tells which.
            return false;
        }
    }

    private static async Task GetAsync(V2Context context)
    {
        using V2Answer answer =
            await V2AccessClient.SendAsync(context, "GET", "roles/" + V2AccessClient.Escape(NameOf(context))).ConfigureAwait(false);
        context.Terminal.Output.WriteLine($"Role: {answer.Json.GetProperty("role").GetString()}");
        JsonElement keys = answer.Json.GetProperty("permissions").GetProperty("kv");
        Print(context, "KV Read:", keys.GetProperty("read"));
        Print(context, "KV Write:", keys.GetProperty("write"));
    }

    private static void Print(V2Context context, string title, JsonElement patterns)
    {
        context.Terminal.Output.WriteLine(title);
        foreach (JsonElement pattern in patterns.ValueKind == JsonValueKind.Array ? [.. patterns.EnumerateArray()] : Array.Empty<JsonElement>())
        {
            context.Terminal.Output.WriteLine("\t" + pattern.GetString());
        }
    }

    private static async Task ListAsync(V2Context context)
    {
        using V2Answer answer = await V2AccessClient.SendAsync(context, "GET", "roles", tellsReason: false).ConfigureAwait(false);
        foreach (JsonElement role in answer.Json.GetProperty("roles").EnumerateArray())
        {
            context.Terminal.Output.WriteLine(role.GetProperty("role").GetString() ?? "");
        }
    }

    private static async Task RemoveAsync(V2Context context)
    {
        string name = NameOf(context);
        using V2Answer answer = await V2AccessClient.SendAsync(context, "DELETE", "roles/" + V2AccessClient.Escape(name)).ConfigureAwait(false);
        context.Terminal.Output.WriteLine($"Role {name} removed");
    }

    private static async Task ChangeAsync(V2Context context, string change)
    {
        string name = NameOf(context);
        string path = context.Arguments.Text("path");
        if (path.Length == 0)
        {
            throw V2AccessClient.Failed("No path specified; please use `--path`");
        }

        bool[] kinds = [context.Arguments.IsOn("read"), context.Arguments.IsOn("write"), context.Arguments.IsOn("readwrite")];
        if (kinds.Count(isOn => isOn) != 1)
        {
            throw V2AccessClient.Failed("Please specify exactly one of --read, --write or --readwrite");
        }

        string json = V2AccessClient.Json(writer =>
        {
            writer.WriteString("role", name);
            writer.WriteStartObject(change);
            writer.WriteStartObject("kv");
            V2AccessClient.WriteList(writer, "read", kinds[1] ? [] : [path]);
            V2AccessClient.WriteList(writer, "write", kinds[0] ? [] : [path]);
            writer.WriteEndObject();
            writer.WriteEndObject();
        });
        using V2Answer answer =
            await V2AccessClient.SendAsync(context, "PUT", "roles/" + V2AccessClient.Escape(name), json).ConfigureAwait(false);
        context.Terminal.Output.WriteLine($"Role {name} updated");
    }

    private static string NameOf(V2Context context) =>
        context.Arguments.Words is [var name] ? name : throw V2AccessClient.Failed("Please provide a role name");
}
