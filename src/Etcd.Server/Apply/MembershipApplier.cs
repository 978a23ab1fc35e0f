using System.Globalization;
using System.Text;
using System.Text.Json;

using Etcd.Mvcc;
using Etcd.Protocol.Replication;
using Etcd.Raft;
using Etcd.Server.Membership;

namespace Etcd.Server.Apply;

/// <summary>Applies what changes the cluster itself: configuration changes, and the v2 requests by which etcd 3.4 and 3.5 publish member
/// attributes and the cluster version.</summary>
/// <remarks>The member list in memory follows every replayed entry, because it is restored from the <c>.snap</c> file and not from the
/// backend; the backend buckets follow only entries that they do not hold yet.</remarks>
internal sealed class MembershipApplier
{
    private const string MembersPath = "/0/members/";
    private const string AttributesSuffix = "/attributes";
    private const string VersionPath = "/0/version";

    private readonly Backend _backend;
    private readonly ClusterMembership _membership;
    private readonly ServerLog _log;

    internal MembershipApplier(Backend backend, ClusterMembership membership, ServerLog log)
    {
        _backend = backend;
        _membership = membership;
        _log = log;
    }

    /// <summary>Applies a configuration change to the member list.</summary>
    /// <returns>The change raft is to apply: the same, or one of nobody if the member list refuses it.</returns>
    internal ConfChange Apply(ConfChange change, bool isInBackend)
    {
        bool accepted = change.Type switch
        {
            ConfChangeType.AddNode or ConfChangeType.AddLearnerNode => TryAdd(change, isInBackend),
            ConfChangeType.UpdateNode => TryUpdate(change, isInBackend),
            ConfChangeType.RemoveNode => TryRemove(change.NodeId, isInBackend),
            _ => false,
        };
        return accepted ? change : change with { NodeId = 0 };
    }

    /// <summary>Applies a raw v2 request.</summary>
    /// <exception cref="UnsupportedEntryException">The request writes keys of the v2 API.</exception>
    internal void Apply(Request request, bool isInBackend)
    {
        if (request.Method is "QGET" or "SYNC")
        {
            // A read that was replicated to be linearizable, or the expiry of v2 keys, of which there are none.
            return;
        }

        if (request.Method == "PUT" && request.Path == VersionPath)
        {
            SetVersion(request.Val, isInBackend);
        }
        else if (request.Method == "PUT" && TryReadAttributesPath(request.Path, out ulong memberId))
        {
            Member attributes = MemberRecord.Read(Encoding.UTF8.GetBytes(request.Val));
            SetAttributes(memberId, attributes.Name, attributes.ClientUrls, isInBackend);
        }
        else
        {
            throw new UnsupportedEntryException(
                $"the log holds a write of the v2 API ({request.Method} {request.Path}), which this server cannot keep");
        }
    }

    /// <summary>Path of the v2 request that publishes a member's attributes.</summary>
    internal static string AttributesPath(ulong memberId) => MembersPath + Member.FormatId(memberId) + AttributesSuffix;

    /// <summary>The v2 request that sets the cluster version.</summary>
    internal static string ClusterVersionPath => VersionPath;

    /// <summary>Sets a member's name and client URLs.</summary>
    internal void SetAttributes(ulong memberId, string name, IReadOnlyList<string> clientUrls, bool isInBackend)
    {
        if (_membership.TrySetAttributes(memberId, name, clientUrls))
        {
            Store(memberId, isInBackend);
        }
    }

    /// <summary>Sets the cluster version.</summary>
    internal void SetVersion(string version, bool isInBackend)
    {
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
    }

    private static string MinorOf(string version) => version.LastIndexOf('.') is var dot and > 0 ? version[..dot] : version;

    private bool TryAdd(ConfChange change, bool isInBackend)
    {
        if (!TryReadMember(change, out Member? member, out bool isPromotion))
        {
            return false;
        }

        if (isPromotion)
        {
            return Changed(_membership.TryPromote(change.NodeId), change.NodeId, isInBackend);
        }

        if (HasPeerUrlOf(member!) || !_membership.TryAdd(member! with { IsLearner = change.Type == ConfChangeType.AddLearnerNode }))
        {
            return false;
        }

        _log.AddedMember(
            Member.FormatId(_membership.View.ClusterId), Member.FormatId(member!.Id), member.PeerUrls, member.IsLearner);
        Store(change.NodeId, isInBackend);
        return true;
    }

    private bool HasPeerUrlOf(Member member) =>
        _membership.View.Members.Any(known => known.PeerUrls.Intersect(member.PeerUrls, StringComparer.Ordinal).Any());

    private bool TryUpdate(ConfChange change, bool isInBackend) =>
        TryReadMember(change, out Member? member, out _)
        && Changed(_membership.TrySetPeerUrls(change.NodeId, member!.PeerUrls), change.NodeId, isInBackend);

    private bool TryRemove(ulong memberId, bool isInBackend)
    {
        if (!_membership.TryRemove(memberId))
        {
            return false;
        }

        if (!isInBackend)
        {
            byte[] key = Encoding.UTF8.GetBytes(Member.FormatId(memberId));
            _backend.Delete(BackendBucket.Members, key);
            _backend.Put(BackendBucket.MembersRemoved, key, "removed"u8.ToArray());
        }

        return true;
    }

    private bool Changed(bool changed, ulong memberId, bool isInBackend)
    {
        if (changed)
        {
            Store(memberId, isInBackend);
        }

        return changed;
    }

    private void Store(ulong memberId, bool isInBackend)
    {
        if (!isInBackend)
        {
            Member member = _membership.View.Find(memberId)!;
            _backend.Put(BackendBucket.Members, Encoding.UTF8.GetBytes(Member.FormatId(memberId)), MemberRecord.Write(member));
        }
    }

    private static bool TryReadMember(ConfChange change, out Member? member, out bool isPromotion)
    {
        member = null;
        isPromotion = false;
        try
        {
            member = MemberRecord.Read(change.Context);
            using var document = JsonDocument.Parse(change.Context);
            isPromotion = document.RootElement.TryGetProperty("isPromote"u8, out JsonElement promote) && promote.GetBoolean();
        }
        catch (JsonException)
        {
            // A change without a readable member is refused below like any other that does not fit.
            return false;
        }

        return member.Id == change.NodeId;
    }

    private static bool TryReadAttributesPath(string path, out ulong memberId)
    {
        memberId = 0;
        return path.StartsWith(MembersPath, StringComparison.Ordinal)
            && path.EndsWith(AttributesSuffix, StringComparison.Ordinal)
            && ulong.TryParse(
                path.AsSpan()[MembersPath.Length..^AttributesSuffix.Length],
                NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture,
                out memberId);
    }
}
