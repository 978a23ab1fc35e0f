using System.Text;

using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Server.Membership;

namespace Etcd.Server.Bootstrap;

/// <summary>Makes one member the whole cluster (<c>--force-new-cluster</c>): the way out when a quorum is lost for good.</summary>
/// <remarks>What is not known to be committed is dropped, and removals of all other members follow as committed entries.</remarks>
internal static class ForcedCluster
{
    /// <summary>What etcd names where a member does not know its own URL.</summary>
    private const string DefaultPeerUrl = "http://localhost:2380";

    /// <summary>Entries that stay: those that are committed.</summary>
    internal static List<Entry> Committed(IReadOnlyList<Entry> entries, ulong commit) => [.. entries.Where(entry => entry.Index <= commit)];

    /// <summary>Entries that leave this member alone, to be appended after the last one.</summary>
    /// <param name="self">This member.</param>
    /// <param name="snapshot">Configuration before the first entry.</param>
    /// <param name="committed">Entries after the snapshot.</param>
    /// <param name="state">Term of the new entries, and the index they follow.</param>
    internal static List<Entry> Changes(ulong self, ConfState snapshot, IReadOnlyList<Entry> committed, HardState state)
    {
        SortedDictionary<ulong, bool> isLearner = MembersAfter(snapshot, committed);
        var changes = new List<ConfChange>();
        if (!isLearner.TryGetValue(self, out bool hasNoVote))
        {
            var member = new Member(self, [DefaultPeerUrl], IsLearner: false, string.Empty, []);
            changes.Add(new ConfChange(ConfChangeType.AddNode, self, MemberRecord.Write(member)));
        }
        else if (hasNoVote)
        {
            byte[] promotion = Encoding.UTF8.GetBytes($$"""{"id":{{self}},"peerURLs":null,"isPromote":true}""");
            changes.Add(new ConfChange(ConfChangeType.AddNode, self, promotion));
        }

        // This member comes first: a configuration without voters is none.
        changes.AddRange(isLearner.Keys.Where(id => id != self).Select(id => new ConfChange(ConfChangeType.RemoveNode, id)));
        return
        [
            .. changes.Select((change, position) =>
                new Entry(state.Term, state.Commit + (ulong)position + 1, EntryType.ConfChange, ConfChangeCodec.Encode(change))),
        ];
    }

    private static SortedDictionary<ulong, bool> MembersAfter(ConfState snapshot, IReadOnlyList<Entry> entries)
    {
        var isLearner = new SortedDictionary<ulong, bool>();
        foreach (ulong voter in snapshot.Voters)
        {
            isLearner[voter] = false;
        }

        foreach (ulong learner in snapshot.Learners)
        {
            isLearner[learner] = true;
        }

        foreach (Entry entry in entries.Where(entry => entry.Type == EntryType.ConfChange))
        {
            ConfChange change = ConfChangeCodec.ReadConfChange(entry.Data);
            switch (change.Type)
            {
                case ConfChangeType.AddNode or ConfChangeType.AddLearnerNode:
                    isLearner[change.NodeId] = change.Type == ConfChangeType.AddLearnerNode;
                    break;
                case ConfChangeType.RemoveNode:
                    isLearner.Remove(change.NodeId);
                    break;
                default:
                    break;
            }
        }

        return isLearner;
    }
}
