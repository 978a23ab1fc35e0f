using Etcd.Protocol.Replication;
using Etcd.Server.Membership;
using Etcd.Server.V2Api;
using Etcd.V2;

namespace Etcd.Server.Apply;

/// <summary>Applies bare v2 requests to the v2 tree. They are applied after every restart, whatever the backend holds: the tree is restored
/// from the <c>.snap</c> file.</summary>
/// <remarks>The clock only shows in the TTL of replies and of the event history; what expires is decided by the time in the log.</remarks>
internal sealed class V2Applier(V2Store tree, MembershipApplier membership, TimeProvider time)
{
    /// <summary>Applies a request.</summary>
    /// <returns>What it came to; nothing for those by which members publish themselves and tell the time.</returns>
    /// <exception cref="UnsupportedEntryException">Its method is none of etcd's.</exception>
    internal V2Result Apply(Request request, bool isInBackend)
    {
        long now = UnixTime.NowNanoseconds(time);
        switch (request.Method)
        {
            case V2Requests.Put:
                return Put(request, isInBackend, now);
            case V2Requests.Post:
                return tree.CreateInOrder(request.Path, request.Dir, request.Val, ExpiryOf(request), now);
            case V2Requests.Delete:
                return HasCondition(request)
                    ? tree.CompareAndDelete(request.Path, request.PrevValue, request.PrevIndex, now)
                    : tree.Delete(request.Path, request.Dir, request.Recursive, now);
            case V2Requests.QuorumGet:
                return tree.Get(request.Path, request.Recursive, now);
            case V2Requests.Sync:
                tree.DeleteExpired(request.Time, now);
                return default;
            default:
                throw new UnsupportedEntryException($"the log holds a v2 request with the method {request.Method}");
        }
    }

    private V2Result Put(Request request, bool isInBackend, long now)
    {
        V2Expiry expiry = ExpiryOf(request);
        if (request.HasPrevExist && !request.PrevExist)
        {
            return tree.Create(request.Path, request.Dir, request.Val, expiry, now);
        }

        if (HasCondition(request))
        {
            return tree.CompareAndSwap(request.Path, request.PrevValue, request.PrevIndex, request.Val, expiry, now);
        }

        if (request.HasPrevExist)
        {
            return tree.Update(request.Path, request.Val, expiry, now);
        }

        // These two are not only keys: the member list follows them.
        if (MembershipBranch.TryReadAttributesPath(request.Path, out ulong memberId))
        {
            membership.SetAttributes(memberId, request.Val, isInBackend);
            return default;
        }

        if (request.Path == MembershipBranch.VersionPath)
        {
            membership.SetVersion(request.Val, isInBackend);
            return default;
        }

        return tree.Set(request.Path, request.Dir, request.Val, expiry, now);
    }

    private static bool HasCondition(Request request) => request.PrevIndex > 0 || request.PrevValue.Length > 0;

    private static V2Expiry ExpiryOf(Request request) => new(request.Expiration, request.Refresh);
}
