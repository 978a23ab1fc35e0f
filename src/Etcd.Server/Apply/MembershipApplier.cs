using System.Text;
using System.Text.Json;

using Etcd.Mvcc;
using Etcd.Protocol.Errors;
using Etcd.Raft;
using Etcd.Server.Membership;

namespace Etcd.Server.Apply;

/// <summary>Applies what changes the cluster itself: configuration changes, member attributes, and the cluster version.</summary>
/// <remarks>The member list in memory follows every replayed entry, because it is restored from the <c>.snap</c> file and not from the
/// backend; the backend buckets follow only entries that they do not hold yet.</remarks>
internal sealed class MembershipApplier
{
    private readonly Backend _backend;
    private readonly ClusterMembership _membership;
    private readonly int _learnersMax;
    private readonly ServerLog _log;

    internal MembershipApplier(Backend backend, ClusterMembership membership, int learnersMax, ServerLog log)
    {
        _learnersMax = learnersMax;
        _backend = backend;
        _membership = membership;
        _log = log;
    }

    /// <summary>The members as applied so far.</summary>
    internal ClusterView View => _membership.View;

    /// <summary>Applies a configuration change to the member list, if it fits the members there are by now: the member that proposed it
    /// may have looked at older ones.</summary>
    /// <param name="change">The change.</param>
    /// <param name="isInBackend">Whether the backend has it already.</param>
    /// <param name="refusal">What the caller is told if it does not fit.</param>
    /// <returns>The change raft is to apply: the same, or one of nobody if it does not fit.</returns>
    internal ConfChange Apply(ConfChange change, bool isInBackend, out EtcdException? refusal)
    {
        bool isReadable = TryReadMember(change, out Member member, out bool isPromotion);
        EtcdErrorCode? error = isReadable ? Check(change, member, isPromotion) : EtcdErrorCode.MemberNotFound;
        if (error is { } code)
        {
            refusal = new EtcdException(code);
            return change with { NodeId = 0 };
        }

        refusal = null;
        switch (change.Type)
        {
            case ConfChangeType.RemoveNode:
                Remove(change.NodeId, isInBackend);
                break;
            case ConfChangeType.UpdateNode:
                _membership.TrySetPeerUrls(change.NodeId, member.PeerUrls);
                Store(change.NodeId, isInBackend);
                break;
            default:
                AddOrPromote(change, member, isPromotion, isInBackend);
                break;
        }

        return change;
    }

    /// <summary>Sets a member's name and client URLs.</summary>
    /// <param name="memberId">The member; one that is not there (any more) is left out.</param>
    /// <param name="record">Its attributes as JSON, as it proposed them.</param>
    /// <param name="isInBackend">Whether the backend has them already.</param>
    internal void SetAttributes(ulong memberId, string record, bool isInBackend)
    {
        Member attributes = MemberRecord.Read(Encoding.UTF8.GetBytes(record));
        if (_membership.TrySetAttributes(memberId, record, attributes.Name, attributes.ClientUrls))
        {
            Store(memberId, isInBackend);
        }
    }

    /// <summary>Sets the cluster version.</summary>
    /// <exception cref="InvalidDataException">The cluster has left this member's version behind: it must not go on.</exception>
    internal void SetVersion(string version, bool isInBackend)
    {
        EtcdVersion.RefuseNewerCluster(version);
        string before = _membership.View.ClusterVersion;
        _membership.SetVersion(version);
        if (!isInBackend)
        {
            _backend.Put(BackendBucket.Cluster, "clusterVersion"u8.ToArray(), Encoding.UTF8.GetBytes(version));
        }

        if (before.Length == 0)
        {
            _log.InitialClusterVersion(MinorOf(version));
        }
        else if (before != version)
        {
            _log.UpdatedClusterVersion(MinorOf(before), MinorOf(version));
        }
    }

    private static string MinorOf(string version) => version.LastIndexOf('.') is var dot and > 0 ? version[..dot] : version;

    // The rules and their order are those of etcd's check at apply time.
    private EtcdErrorCode? Check(ConfChange change, Member member, bool isPromotion)
    {
        ClusterView view = _membership.View;
        Member? known = view.Find(change.NodeId);
        if (view.IsRemoved(change.NodeId))
        {
            return EtcdErrorCode.MemberRemoved;
        }

        if (change.Type is ConfChangeType.AddNode or ConfChangeType.AddLearnerNode && !isPromotion)
        {
            return known is not null ? EtcdErrorCode.MemberExists
                : HasPeerUrlOf(member) ? EtcdErrorCode.PeerUrlExists
                : IsLearner(change, member) && view.Members.Count(other => other.IsLearner) + 1 > _learnersMax ? EtcdErrorCode.TooManyLearners
                : null;
        }

        return known is null ? EtcdErrorCode.MemberNotFound
            : isPromotion && !known.IsLearner ? EtcdErrorCode.MemberNotLearner
            : change.Type == ConfChangeType.UpdateNode && HasPeerUrlOf(member) ? EtcdErrorCode.PeerUrlExists
            : null;
    }

    private void AddOrPromote(ConfChange change, Member member, bool isPromotion, bool isInBackend)
    {
        if (isPromotion)
        {
            _membership.TryPromote(change.NodeId);
        }
        else
        {
            member = member with { IsLearner = IsLearner(change, member) };
            _membership.TryAdd(member);
            _log.AddedMember(
                Member.FormatId(_membership.View.ClusterId), Member.FormatId(member.Id), member.PeerUrls, member.IsLearner);
        }

        Store(change.NodeId, isInBackend);
    }

    private static bool IsLearner(ConfChange change, Member member) => change.Type == ConfChangeType.AddLearnerNode || member.IsLearner;

    private bool HasPeerUrlOf(Member member) =>
        _membership.View.Members.Any(known =>
            known.Id != member.Id && known.PeerUrls.Intersect(member.PeerUrls, StringComparer.Ordinal).Any());

    private void Remove(ulong memberId, bool isInBackend)
    {
        _membership.TryRemove(memberId);
        if (!isInBackend)
        {
            byte[] key = Encoding.UTF8.GetBytes(Member.FormatId(memberId));
            _backend.Delete(BackendBucket.Members, key);
            _backend.Put(BackendBucket.MembersRemoved, key, "removed"u8.ToArray());
        }
    }

    private void Store(ulong memberId, bool isInBackend)
    {
        if (!isInBackend)
        {
            Member member = _membership.View.Find(memberId)!;
            _backend.Put(BackendBucket.Members, Encoding.UTF8.GetBytes(Member.FormatId(memberId)), MemberRecord.Write(member));
        }
    }

    private static bool TryReadMember(ConfChange change, out Member member, out bool isPromotion)
    {
        member = new Member(change.NodeId, [], false, string.Empty, []);
        isPromotion = false;
        if (change.Type == ConfChangeType.RemoveNode)
        {
            return true;
        }

        try
        {
            member = MemberRecord.Read(change.Context);
            using var document = JsonDocument.Parse(change.Context);
            isPromotion = change.Type == ConfChangeType.AddNode
                && document.RootElement.TryGetProperty("isPromote"u8, out JsonElement promote)
                && promote.GetBoolean();
        }
        catch (JsonException)
        {
            // A change without a readable member is refused by the caller like any other that does not fit.
            return false;
        }

        return member.Id == change.NodeId;
    }
}
