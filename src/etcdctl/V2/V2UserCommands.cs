using System.Text.Json;
using Etcdctl.Connection;

namespace Etcdctl.V2;

/// <summary><c>user</c> and what is below it.</summary>
internal static class V2UserCommands
{
    private static readonly V2Flag Roles = new("roles", V2FlagKind.Text, "List of roles to grant or revoke");

    /// <summary>All of them.</summary>
    public static V2Command Create() => new("user", "user add, grant and revoke subcommands", "")
    {
        Children =
        [
            new("add", "add a new user for the etcd cluster", "<user>") { Run = AddAsync },
            new("get", "get details for a user", "<user>") { Run = GetAsync },
            new("list", "list all current users", "<user>") { Run = ListAsync },
            new("remove", "remove a user for the etcd cluster", "<user>") { Run = RemoveAsync },
            new("grant", "grant roles to an etcd user", "<user>") { Flags = [Roles], Run = context => ChangeRolesAsync(context, "grant") },
            new("revoke", "revoke roles for an etcd user", "<user>") { Flags = [Roles], Run = context => ChangeRolesAsync(context, "revoke") },
            new("passwd", "change password for a user", "<user>") { Run = ChangePasswordAsync },
        ],
    };

    private static async Task AddAsync(V2Context context)
    {
        string given = NameOf(context);
        int colon = given.IndexOf(':', StringComparison.Ordinal);
        string name = colon < 0 ? given : given[..colon];
        string password = colon < 0 ? PasswordPrompt.Ask(context.Terminal, "New password: ") : given[(colon + 1)..];
        await PutAsync(context, name, json => json.WriteString("password", password)).ConfigureAwait(false);
        context.Terminal.Output.WriteLine($"User {name} created");
    }

    private static async Task GetAsync(V2Context context)
    {
        using V2Answer answer =
            await V2AccessClient.SendAsync(context, "GET", "users/" + V2AccessClient.Escape(NameOf(context))).ConfigureAwait(false);
        string[] roles = answer.Json.TryGetProperty("roles", out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(role => role.GetProperty("role").GetString() ?? "")]
            : [];
        context.Terminal.Output.WriteLine($"User: {answer.Json.GetProperty("user").GetString()}");
        context.Terminal.Output.WriteLine($"Roles:  {string.Join(' ', roles)}");
    }

    private static async Task ListAsync(V2Context context)
    {
        using V2Answer answer = await V2AccessClient.SendAsync(context, "GET", "users").ConfigureAwait(false);
        JsonElement users = answer.Json.GetProperty("users");
        foreach (JsonElement user in users.ValueKind == JsonValueKind.Array ? [.. users.EnumerateArray()] : Array.Empty<JsonElement>())
        {
            context.Terminal.Output.WriteLine(user.GetProperty("user").GetString() ?? "");
        }
    }

    private static async Task RemoveAsync(V2Context context)
    {
        string name = NameOf(context);
        using V2Answer answer = await V2AccessClient.SendAsync(context, "DELETE", "users/" + V2AccessClient.Escape(name)).ConfigureAwait(false);
        context.Terminal.Output.WriteLine($"User {name} removed");
    }

    private static async Task ChangeRolesAsync(V2Context context, string change)
    {
        string name = NameOf(context);
        string[] roles = context.Arguments.Text("roles").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (roles.Length == 0)
        {
            throw V2AccessClient.Failed("No roles specified; please use `--roles`");
        }

        await PutAsync(context, name, json => V2AccessClient.WriteList(json, change, roles)).ConfigureAwait(false);
        context.Terminal.Output.WriteLine($"User {name} updated");
    }

    private static async Task ChangePasswordAsync(V2Context context)
    {
        string name = NameOf(context);
        string password = PasswordPrompt.Ask(context.Terminal, "New password: ");
        await PutAsync(context, name, json => json.WriteString("password", password)).ConfigureAwait(false);
        context.Terminal.Output.WriteLine("Password updated");
    }

    private static async Task PutAsync(V2Context context, string name, Action<Utf8JsonWriter> write)
    {
        string json = V2AccessClient.Json(writer =>
        {
            writer.WriteString("user", name);
            write(writer);
        });
        using V2Answer answer =
            await V2AccessClient.SendAsync(context, "PUT", "users/" + V2AccessClient.Escape(name), json).ConfigureAwait(false);
    }

    private static string NameOf(V2Context context) =>
        context.Arguments.Words is [var name] ? name : throw V2AccessClient.Failed("Please provide a username");
}
