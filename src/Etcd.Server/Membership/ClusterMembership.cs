namespace Etcd.Server.Membership;

/// <summary>The members, as applied from the log. The apply thread is the only writer; <see cref="View"/> is for everybody.</summary>
/// <remarks>
/// etcd 3.4 and 3.5 keep membership in their v2 tree, which counts its own index: one for each change here. That count is kept so that
/// the tree written into <c>.snap</c> files continues where real etcd would.
/// </remarks>
internal sealed class ClusterMembership
{
    private volatile ClusterView _view;

    internal ClusterMembership(ClusterView view, ulong treeIndex)
    {
        _view = view;
        TreeIndex = treeIndex;
    }

    /// <summary>The newest state.</summary>
    internal ClusterView View => _view;

    /// <summary>Changes made to the v2 tree since the cluster began.</summary>
    internal ulong TreeIndex { get; private set; }

    /// <summary>Adds a member; an id that is present already or was removed changes nothing.</summary>
    /// <returns>Whether the member was added.</returns>
    internal bool TryAdd(Member member)
    {
        ClusterView view = _view;
        if (view.Find(member.Id) is not null || view.IsRemoved(member.Id))
        {
            return false;
        }

        Publish(view with { Members = [.. view.Members.Append(member).OrderBy(m => m.Id)] });
        return true;
    }

    /// <summary>Replaces name and client URLs of a member; an unknown member changes nothing.</summary>
    internal bool TrySetAttributes(ulong id, string name, IReadOnlyList<string> clientUrls) =>
        TryReplace(id, member => member with { Name = name, ClientUrls = clientUrls });

    /// <summary>Replaces the peer URLs of a member; an unknown member changes nothing.</summary>
    internal bool TrySetPeerUrls(ulong id, IReadOnlyList<string> peerUrls) =>
        TryReplace(id, member => member with { PeerUrls = peerUrls });

    /// <summary>Makes a learner a voter; anything else changes nothing.</summary>
    internal bool TryPromote(ulong id) =>
        _view.Find(id) is { IsLearner: true } && TryReplace(id, member => member with { IsLearner = false });

    /// <summary>Removes a member for good; an unknown member changes nothing.</summary>
    internal bool TryRemove(ulong id)
    {
        ClusterView view = _view;
        if (view.Find(id) is null)
        {
            return false;
        }

        Publish(view with
        {
            Members = [.. view.Members.Where(member => member.Id != id)],
            RemovedMemberIds = [.. view.RemovedMemberIds.Append(id).Order()],
        });
        return true;
    }

    /// <summary>Sets the agreed cluster version.</summary>
    internal void SetVersion(string version) => Publish(_view with { ClusterVersion = version });

    private bool TryReplace(ulong id, Func<Member, Member> change)
    {
        ClusterView view = _view;
        if (view.Find(id) is null)
        {
            return false;
        }

        Publish(view with { Members = [.. view.Members.Select(member => member.Id == id ? change(member) : member)] });
        return true;
    }

    private void Publish(ClusterView view)
    {
        TreeIndex++;
        _view = view;
    }
}
