using System.Text.Json;

namespace Etcd.Peer.Queries;

/// <summary>Reads the member list as members give it.</summary>
internal static class MemberListJson
{
    public static IReadOnlyList<PeerMemberRecord> Read(JsonElement list)
    {
        var members = new List<PeerMemberRecord>();
        foreach (JsonElement member in list.EnumerateArray())
        {
            members.Add(new PeerMemberRecord(
                member.GetProperty("id").GetUInt64(),
                Strings(member, "peerURLs"),
                member.TryGetProperty("isLearner", out JsonElement isLearner) && isLearner.GetBoolean(),
                member.TryGetProperty("name", out JsonElement name) ? name.GetString() ?? "" : "",
                Strings(member, "clientURLs")));
        }

        members.Sort((left, right) => left.Id.CompareTo(right.Id));
        return members;
    }

    private static string[] Strings(JsonElement member, string name) =>
        member.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(item => item.GetString() ?? "")]
            : [];
}
