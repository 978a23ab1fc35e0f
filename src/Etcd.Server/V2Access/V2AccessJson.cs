using System.Text;
using System.Text.Json;

namespace Etcd.Server.V2Access;

/// <summary>Users and roles as they stand in the tree: etcd's JSON.</summary>
internal static class V2AccessJson
{
    internal static string Write(V2User user) => Write(json =>
    {
        json.WriteString("user", user.Name);
        json.WriteString("password", user.PasswordHash);
        Write(json, "roles", user.Roles);
    });

    internal static string Write(V2Role role) => Write(json =>
    {
        json.WriteString("role", role.Name);
        json.WriteStartObject("permissions");
        json.WriteStartObject("kv");
        Write(json, "read", role.Keys.Read);
        Write(json, "write", role.Keys.Write);
        json.WriteEndObject();
        json.WriteEndObject();
    });

    /// <exception cref="V2AccessException">The text is none that etcd has written.</exception>
    internal static V2User ReadUser(string text) => Read(text, root =>
        new V2User(Text(root, "user"), Text(root, "password"), Names(root, "roles")));

    /// <exception cref="V2AccessException">The text is none that etcd has written.</exception>
    internal static V2Role ReadRole(string text) => Read(text, root =>
        new V2Role(
            Text(root, "role"),
            root.TryGetProperty("permissions", out JsonElement permissions) && permissions.TryGetProperty("kv", out JsonElement keys)
                ? new V2Permissions(Names(keys, "read"), Names(keys, "write"))
                : V2Permissions.None));

    private static T Read<T>(string text, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return read(document.RootElement);
        }
        catch (Exception damage) when (damage is JsonException or InvalidOperationException)
        {
            throw V2AccessException.Failed($"a record is damaged: {damage.Message}");
        }
    }

    private static string Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) ? value.GetString() ?? string.Empty : string.Empty;

    private static string[]? Names(JsonElement root, string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(item => item.GetString() ?? string.Empty)]
            : null;

    private static string Write(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private static void Write(Utf8JsonWriter json, string name, IReadOnlyList<string>? names)
    {
        if (names is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartArray(name);
        foreach (string item in names)
        {
            json.WriteStringValue(item);
        }

        json.WriteEndArray();
    }
}
