using System.Text.Json;

using Etcd.Server.V2Access;

using Microsoft.AspNetCore.Http;

namespace Etcd.Api.Http.V2.Access;

/// <summary>The JSON body of a change of a user or role.</summary>
internal sealed class AccessForm
{
    private const int BodyBytesMax = 1 << 20;

    private readonly JsonElement _root;

    private AccessForm(JsonElement root) => _root = root;

    /// <summary>Reads a body.</summary>
    /// <returns><see langword="null"/> when it is no JSON object, or too long: the reply says so.</returns>
    internal static async ValueTask<AccessForm?> ReadAsync(HttpContext context)
    {
        byte[]? body = await RequestBody.ReadAsync(context, BodyBytesMax).ConfigureAwait(false);
        if (body is null)
        {
            await MembersEndpoint.MessageAsync(context, StatusCodes.Status413PayloadTooLarge, "request body too large").ConfigureAwait(false);
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            var form = new AccessForm(document.RootElement.Clone());
            if (form.IsWellFormed())
            {
                return form;
            }
        }
        catch (JsonException)
        {
            // Told below, as any other body that does not fit.
        }

        await MembersEndpoint.MessageAsync(context, StatusCodes.Status400BadRequest, "Invalid JSON in request body.").ConfigureAwait(false);
        return null;
    }

    internal string Text(string name) =>
        _root.TryGetProperty(name, out JsonElement value) ? value.GetString() ?? string.Empty : string.Empty;

    internal string[] Names(string name) => NamesIn(_root, name) ?? [];

    /// <summary>Patterns of keys: <c>{"kv":{"read":[…],"write":[…]}}</c>.</summary>
    internal V2Permissions Permissions(string name) =>
        _root.TryGetProperty(name, out JsonElement permissions)
        && permissions.ValueKind == JsonValueKind.Object
        && permissions.TryGetProperty("kv", out JsonElement keys)
        && keys.ValueKind == JsonValueKind.Object
            ? new V2Permissions(NamesIn(keys, "read"), NamesIn(keys, "write"))
            : V2Permissions.None;

    private static string[]? NamesIn(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(item => item.GetString() ?? string.Empty)]
            : null;

    private bool IsWellFormed() =>
        _root.ValueKind == JsonValueKind.Object
        && IsTextOrAbsent("user") && IsTextOrAbsent("role") && IsTextOrAbsent("password")
        && AreTextsOrAbsent(_root, "roles")
        && IsGrantOrAbsent("grant") && IsGrantOrAbsent("revoke") && IsGrantOrAbsent("permissions");

    private bool IsTextOrAbsent(string name) =>
        !_root.TryGetProperty(name, out JsonElement value) || value.ValueKind is JsonValueKind.String or JsonValueKind.Null;

    // Names of roles for a user, patterns of keys for a role.
    private bool IsGrantOrAbsent(string name) =>
        !_root.TryGetProperty(name, out JsonElement value)
        || value.ValueKind is JsonValueKind.Null
        || (value.ValueKind is JsonValueKind.Array && AreTextsOrAbsent(_root, name))
        || (value.ValueKind is JsonValueKind.Object
            && (!value.TryGetProperty("kv", out JsonElement keys)
                || keys.ValueKind is JsonValueKind.Null
                || (keys.ValueKind is JsonValueKind.Object && AreTextsOrAbsent(keys, "read") && AreTextsOrAbsent(keys, "write"))));

    private static bool AreTextsOrAbsent(JsonElement parent, string name) =>
        !parent.TryGetProperty(name, out JsonElement value)
        || value.ValueKind is JsonValueKind.Null
        || (value.ValueKind is JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind is JsonValueKind.String or JsonValueKind.Null));
}
