using System.Text.Json;

namespace Etcdctl.V2;

/// <summary>A member, as <c>/v2/members</c> tells it.</summary>
internal sealed record V2Member(string Id, string Name, IReadOnlyList<string> PeerUrls, IReadOnlyList<string> ClientUrls)
{
    public static V2Member Read(JsonElement json) => new(
        json.GetProperty("id").GetString() ?? "",
        json.GetProperty("name").GetString() ?? "",
        [.. json.GetProperty("peerURLs").EnumerateArray().Select(url => url.GetString() ?? "")],
        [.. json.GetProperty("clientURLs").EnumerateArray().Select(url => url.GetString() ?? "")]);
}
