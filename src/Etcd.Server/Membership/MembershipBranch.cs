using System.Globalization;
using System.Text;
using System.Text.Json;

using Etcd.V2;
using Etcd.V2.Tree;

namespace Etcd.Server.Membership;

/// <summary>The branch <c>/0</c> of the v2 tree, in which etcd 3.4 and 3.5 keep members, removed members and the cluster version.</summary>
internal static class MembershipBranch
{
    /// <summary>Path of the cluster version.</summary>
    internal const string VersionPath = V2NameSpaces.Cluster + "/version";

    /// <summary>Path above all members.</summary>
    internal const string MembersPath = V2NameSpaces.Cluster + "/members";

    /// <summary>Path above the marks of all removed members.</summary>
    internal const string RemovedPath = V2NameSpaces.Cluster + "/removed_members";

    private const string AttributesName = "attributes";
    private const string RaftAttributesName = "raftAttributes";

    /// <summary>Path of a member's directory.</summary>
    internal static string MemberPath(ulong id) => $"{MembersPath}/{Member.FormatId(id)}";

    /// <summary>Path of what a member tells of itself.</summary>
    internal static string AttributesPath(ulong id) => $"{MemberPath(id)}/{AttributesName}";

    /// <summary>Path of a member's peer URLs and learner mark.</summary>
    internal static string RaftAttributesPath(ulong id) => $"{MemberPath(id)}/{RaftAttributesName}";

    /// <summary>Path of the mark of a removed member.</summary>
    internal static string RemovedMemberPath(ulong id) => $"{RemovedPath}/{Member.FormatId(id)}";

    /// <summary>Reads whose attributes a path is.</summary>
    internal static bool TryReadAttributesPath(string path, out ulong memberId)
    {
        memberId = 0;
        string[] parts = path.Split('/');
        return parts.Length == 5
            && path.StartsWith(MembersPath + "/", StringComparison.Ordinal)
            && parts[4] == AttributesName
            && TryReadId(parts[3], out memberId);
    }

    /// <summary>The cluster as the tree has it.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="clusterId">Id of the cluster; it stands in the WAL, not in the tree.</param>
    /// <exception cref="InvalidDataException">The branch is damaged.</exception>
    internal static ClusterView Read(V2View tree, ulong clusterId)
    {
        try
        {
            Member[] members =
            [
                .. ChildrenOf(tree, MembersPath).Select(member => ReadMember(tree, ReadId(member.Name))).OrderBy(member => member.Id),
            ];
            ulong[] removed = [.. ChildrenOf(tree, RemovedPath).Select(member => ReadId(member.Name)).Order()];
            return new ClusterView(clusterId, members, removed, tree.Find(VersionPath)?.Value ?? string.Empty);
        }
        catch (Exception failure) when (failure is JsonException or FormatException or InvalidOperationException)
        {
            throw new InvalidDataException($"the v2 tree's branch of the cluster is damaged: {failure.Message}", failure);
        }
    }

    private static IEnumerable<(string Name, V2Node Node)> ChildrenOf(V2View tree, string path) =>
        tree.Find(path)?.Children?.Select(child => (child.Key, child.Value)) ?? [];

    private static Member ReadMember(V2View tree, ulong id)
    {
        V2Node raft = tree.Find(RaftAttributesPath(id))
            ?? throw new FormatException($"member {Member.FormatId(id)} has no peer URLs");
        Member member = MemberRecord.Read(Encoding.UTF8.GetBytes(raft.Value)) with { Id = id };
        if (tree.Find(AttributesPath(id)) is { } file)
        {
            Member attributes = MemberRecord.Read(Encoding.UTF8.GetBytes(file.Value));
            member = member with { Name = attributes.Name, ClientUrls = attributes.ClientUrls };
        }

        return member;
    }

    private static ulong ReadId(string text) =>
        TryReadId(text, out ulong id) ? id : throw new FormatException($"\"{text}\" is no member id");

    private static bool TryReadId(string text, out ulong id) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out id);
}
