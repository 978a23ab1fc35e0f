using Etcd.Peer;
using Etcd.Raft;
using Etcd.Server.Bootstrap;

namespace Etcd.Server.Membership;

/// <summary>Keeps a member connected to those that are in its cluster: who has come is connected to, who has gone is let go.</summary>
internal sealed class MemberPeers(BootstrappedMember self, IPeerTransport peers)
{
    /// <summary>Connects to the members as they are known at the start.</summary>
    internal void Start()
    {
        foreach (Member remote in self.Remotes)
        {
            peers.AddRemote(remote.Id, remote.PeerUrls);
        }

        foreach (Member peer in self.Peers)
        {
            peers.AddPeer(peer.Id, peer.PeerUrls);
        }
    }

    /// <summary>Follows a change of another member. On the apply thread, with the change in force.</summary>
    internal void Follow(ConfChange change)
    {
        if (change.Type == ConfChangeType.RemoveNode)
        {
            peers.RemovePeer(change.NodeId);
        }
        else if (self.Membership.View.Find(change.NodeId) is { } member)
        {
            if (change.Type == ConfChangeType.UpdateNode)
            {
                peers.UpdatePeer(member.Id, member.PeerUrls);
            }
            else
            {
                peers.AddPeer(member.Id, member.PeerUrls);
            }
        }
    }

    /// <summary>The members that are connected to or known of, before the state is replaced by a snapshot.</summary>
    internal Member[] Known() => [.. self.Peers, .. self.Membership.View.Members];

    /// <summary>Follows all that a snapshot has changed: the log may have told of many changes that this member never applied.</summary>
    /// <param name="before">What <see cref="Known"/> was before it.</param>
    internal void Replace(Member[] before)
    {
        ClusterView now = self.Membership.View;
        foreach (Member gone in before.Where(member => now.Find(member.Id) is null))
        {
            peers.RemovePeer(gone.Id);
        }

        foreach (Member member in now.Members.Where(member => member.Id != self.MemberId))
        {
            peers.AddPeer(member.Id, member.PeerUrls);
            if (Array.FindLast(before, known => known.Id == member.Id) is { } known && !known.PeerUrls.SequenceEqual(member.PeerUrls))
            {
                peers.UpdatePeer(member.Id, member.PeerUrls);
            }
        }
    }
}
