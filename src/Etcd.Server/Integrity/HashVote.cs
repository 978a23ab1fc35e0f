namespace Etcd.Server.Integrity;

/// <summary>Who differs, of members that have each said a hash of the same revision and compaction.</summary>
internal static class HashVote
{
    /// <summary>Id of an alarm that names no member: the whole cluster is meant.</summary>
    internal const ulong WholeCluster = 0;

    /// <summary>Finds the members whose data must be wrong.</summary>
    /// <param name="hashes">Member and hash.</param>
    /// <param name="membersCount">Members of the cluster, those without a hash included.</param>
    /// <returns>Nobody if all agree; those that differ from a majority of the cluster; <see cref="WholeCluster"/> if there is no such majority, for
    /// then nobody can tell which of the hashes is right.</returns>
    internal static IReadOnlyList<ulong> Differing(IReadOnlyList<(ulong MemberId, uint Hash)> hashes, int membersCount)
    {
        var groups = hashes.GroupBy(said => said.Hash).OrderByDescending(group => group.Count()).ToList();
        if (groups.Count <= 1)
        {
            return [];
        }

        return groups[0].Count() > membersCount / 2
            ? [.. groups.Skip(1).SelectMany(group => group.Select(said => said.MemberId)).Order()]
            : [WholeCluster];
    }
}
