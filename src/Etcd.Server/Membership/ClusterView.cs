namespace Etcd.Server.Membership;

/// <summary>The cluster as one applied log index knows it. Immutable; readers keep it as long as they like.</summary>
/// <param name="ClusterId">Identity of the cluster, fixed for its life.</param>
/// <param name="Members">Members, ascending by id.</param>
/// <param name="RemovedMemberIds">Ids that were removed and may never come back, ascending.</param>
/// <param name="ClusterVersion">Agreed version (<c>3.5.0</c>); empty until the leader has set one.</param>
public sealed record ClusterView(
    ulong ClusterId,
    IReadOnlyList<Member> Members,
    IReadOnlyList<ulong> RemovedMemberIds,
    string ClusterVersion)
{
    /// <summary>The member of that id, or <see langword="null"/>.</summary>
    public Member? Find(ulong id)
    {
        foreach (Member member in Members)
        {
            if (member.Id == id)
            {
                return member;
            }
        }

        return null;
    }

    /// <summary>Whether the id was removed for good.</summary>
    public bool IsRemoved(ulong id) => RemovedMemberIds.Contains(id);
}
