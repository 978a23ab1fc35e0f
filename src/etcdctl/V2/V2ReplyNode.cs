using System.Text.Json;

namespace Etcdctl.V2;

/// <summary>A node in a reply.</summary>
internal sealed record V2ReplyNode(
    string Key,
    bool IsDirectory,
    string Value,
    IReadOnlyList<V2ReplyNode>? Nodes,
    ulong CreatedIndex,
    ulong ModifiedIndex,
    string Expiration,
    long Ttl)
{
    public static V2ReplyNode Read(JsonElement json) => new(
        Text(json, "key"),
        json.TryGetProperty("dir", out JsonElement dir) && dir.GetBoolean(),
        Text(json, "value"),
        json.TryGetProperty("nodes", out JsonElement nodes) ? [.. nodes.EnumerateArray().Select(Read)] : null,
        Number(json, "createdIndex"),
        Number(json, "modifiedIndex"),
        Text(json, "expiration"),
        json.TryGetProperty("ttl", out JsonElement ttl) ? ttl.GetInt64() : 0);

    private static string Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) ? value.GetString() ?? "" : "";

    private static ulong Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) ? value.GetUInt64() : 0;
}
