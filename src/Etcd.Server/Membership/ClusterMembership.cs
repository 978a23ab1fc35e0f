using System.Text;

using Etcd.V2;

namespace Etcd.Server.Membership;

/// <summary>The members, as applied from the log. The apply thread is the only writer; <see cref="View"/> is for everybody.</summary>
/// <remarks>
/// The truth is the branch <c>/0</c> of the v2 tree, as in etcd 3.4 and 3.5: it is what <c>.snap</c> files and snapshots between members
/// carry, and its changes take part in the tree's index, so every change here writes there what real etcd writes. The view is a projection
/// of it; only the name of a founder is known earlier, from the change that added it.
/// </remarks>
internal sealed class ClusterMembership
{
    private readonly ulong _clusterId;
    private volatile ClusterView _view;

    /// <summary>Takes the members from a tree.</summary>
    /// <exception cref="InvalidDataException">Its branch of the cluster is damaged, or the cluster's version is newer than this member's.</exception>
    internal ClusterMembership(ulong clusterId, V2Store tree)
    {
        _clusterId = clusterId;
        Tree = tree;
        _view = Read(tree, clusterId);
    }

    /// <summary>The newest state.</summary>
    internal ClusterView View => _view;

    /// <summary>The v2 tree, keys of v2 clients included.</summary>
    internal V2Store Tree { get; }

    /// <summary>Replaces tree and members by those of a snapshot.</summary>
    /// <exception cref="InvalidDataException">The dump is damaged, or the cluster's version is newer than this member's.</exception>
    internal void Recover(ReadOnlyMemory<byte> dump)
    {
        Tree.Recover(dump);
        _view = Read(Tree, _clusterId);
    }

    /// <summary>Adds a member; an id that is present already or was removed changes nothing.</summary>
    /// <returns>Whether the member was added.</returns>
    internal bool TryAdd(Member member)
    {
        ClusterView view = _view;
        if (view.Find(member.Id) is not null || view.IsRemoved(member.Id))
        {
            return false;
        }

        Changed(Tree.Create(MembershipBranch.RaftAttributesPath(member.Id), false, RaftAttributesOf(member), V2Expiry.Never, 0));
        _view = view with { Members = [.. view.Members.Append(member).OrderBy(m => m.Id)] };
        return true;
    }

    /// <summary>Replaces name and client URLs of a member; an unknown member changes nothing.</summary>
    /// <param name="id">The member.</param>
    /// <param name="record">What the tree keeps: the JSON that the member has proposed.</param>
    /// <param name="name">The name in it.</param>
    /// <param name="clientUrls">The URLs in it.</param>
    internal bool TrySetAttributes(ulong id, string record, string name, IReadOnlyList<string> clientUrls)
    {
        if (!TryReplace(id, member => member with { Name = name, ClientUrls = clientUrls }))
        {
            return false;
        }

        Changed(Tree.Set(MembershipBranch.AttributesPath(id), false, record, V2Expiry.Never, 0));
        return true;
    }

    /// <summary>Replaces the peer URLs of a member; an unknown member changes nothing.</summary>
    internal bool TrySetPeerUrls(ulong id, IReadOnlyList<string> peerUrls) =>
        TryReplaceRaftAttributes(id, member => member with { PeerUrls = peerUrls });

    /// <summary>Makes a learner a voter; anything else changes nothing.</summary>
    internal bool TryPromote(ulong id) =>
        _view.Find(id) is { IsLearner: true } && TryReplaceRaftAttributes(id, member => member with { IsLearner = false });

    /// <summary>Removes a member for good; an unknown member changes nothing.</summary>
    internal bool TryRemove(ulong id)
    {
        ClusterView view = _view;
        if (view.Find(id) is null)
        {
            return false;
        }

        Changed(Tree.Delete(MembershipBranch.MemberPath(id), isDirectory: true, recursive: true, 0));
        Changed(Tree.Create(MembershipBranch.RemovedMemberPath(id), false, string.Empty, V2Expiry.Never, 0));
        _view = view with
        {
            Members = [.. view.Members.Where(member => member.Id != id)],
            RemovedMemberIds = [.. view.RemovedMemberIds.Append(id).Order()],
        };
        return true;
    }

    /// <summary>Sets the agreed cluster version.</summary>
    internal void SetVersion(string version)
    {
        Changed(Tree.Set(MembershipBranch.VersionPath, false, version, V2Expiry.Never, 0));
        _view = _view with { ClusterVersion = version };
    }

    private static ClusterView Read(V2Store tree, ulong clusterId)
    {
        ClusterView view = MembershipBranch.Read(tree.View, clusterId);
        EtcdVersion.RefuseNewerCluster(view.ClusterVersion);
        return view;
    }

    private bool TryReplaceRaftAttributes(ulong id, Func<Member, Member> change)
    {
        if (!TryReplace(id, change))
        {
            return false;
        }

        string record = RaftAttributesOf(_view.Find(id)!);
        Changed(Tree.Update(MembershipBranch.RaftAttributesPath(id), record, V2Expiry.Never, 0));
        return true;
    }

    private bool TryReplace(ulong id, Func<Member, Member> change)
    {
        ClusterView view = _view;
        if (view.Find(id) is null)
        {
            return false;
        }

        _view = view with { Members = [.. view.Members.Select(member => member.Id == id ? change(member) : member)] };
        return true;
    }

    private static string RaftAttributesOf(Member member) => Encoding.UTF8.GetString(MemberRecord.WriteRaftAttributes(member));

    // View and tree say the same, so a change that the view allows is one that the tree allows.
    private static void Changed(V2Result result)
    {
        if (result.Error is { } error)
        {
            throw new InvalidOperationException($"the member list and the v2 tree disagree: {error.Message} ({error.Cause})");
        }
    }
}
