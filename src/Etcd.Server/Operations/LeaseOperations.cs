using Etcd.Auth;
using Etcd.Lease;
using Etcd.Peer;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Access;
using Etcd.Server.Consensus;
using Etcd.Server.Leases;

using Google.Protobuf;

namespace Etcd.Server.Operations;

/// <summary>What clients do with leases. Any thread; a refusal is an <see cref="EtcdException"/>.</summary>
public sealed class LeaseOperations
{
    private const int NotFound = 404;

    private readonly Lessor _lessor;
    private readonly Proposals _proposals;
    private readonly ReadGate _gate;
    private readonly AccessGuard _access;
    private readonly SpaceGuard _space;
    private readonly HeaderSource _headers;
    private readonly RaftLoop _loop;
    private readonly LeaderForwarding _forwarding;
    private readonly RevokesUnderWay _revokes;

    internal LeaseOperations(
        Lessor lessor,
        Proposals proposals,
        ReadGate gate,
        AccessGuard access,
        SpaceGuard space,
        HeaderSource headers,
        RaftLoop loop,
        LeaderForwarding forwarding,
        RevokesUnderWay revokes)
    {
        _revokes = revokes;
        _loop = loop;
        _forwarding = forwarding;
        _lessor = lessor;
        _proposals = proposals;
        _gate = gate;
        _access = access;
        _space = space;
        _headers = headers;
    }

    /// <summary>Grants a lease; an id of 0 is replaced by a fresh one before the request is proposed, so that all members use the same.</summary>
    public async ValueTask<LeaseGrantResponse> GrantAsync(LeaseGrantRequest request, Caller caller = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        while (request.ID == 0)
        {
            request.ID = (long)(_proposals.NextId() & long.MaxValue);
        }

        var proposal = new InternalRaftRequest { LeaseGrant = request };
        await _access.CheckAsync(proposal, caller).ConfigureAwait(false);
        await _space.CheckAsync(proposal).ConfigureAwait(false);
        var reply = (LeaseGrantResponse)await _proposals.ProposeAsync(proposal, caller).ConfigureAwait(false);
        _headers.Complete(reply.Header);
        return reply;
    }

    /// <summary>Ends a lease and deletes its keys.</summary>
    public async ValueTask<LeaseRevokeResponse> RevokeAsync(LeaseRevokeRequest request, Caller caller = default)
    {
        var proposal = new InternalRaftRequest { LeaseRevoke = request };
        var reply = (LeaseRevokeResponse)await _access.ProposeAsync(proposal, caller).ConfigureAwait(false);
        _headers.Complete(reply.Header);
        return reply;
    }

    /// <summary>Keeps a lease alive: here, or at the leader.</summary>
    /// <returns>The reply; a time to live of 0 says that there is no such lease.</returns>
    /// <exception cref="EtcdException">No leader answered in time.</exception>
    public async ValueTask<LeaseKeepAliveResponse> RenewAsync(long id, CancellationToken cancellationToken)
    {
        LeaseKeepAliveResponse reply;
        try
        {
            reply = await _forwarding.AskAsync(
                token => RenewAsLeaderAsync(id, token),
                (peers, url, token) => peers.RenewLeaseAsync(url, new LeaseKeepAliveRequest { ID = id }, token),
                RefusalOf,
                cancellationToken).ConfigureAwait(false);
        }
        catch (EtcdException failure) when (failure.Code == EtcdErrorCode.LeaseNotFound)
        {
            reply = new LeaseKeepAliveResponse { ID = id };
        }

        reply.Header = _headers.Create();
        return reply;
    }

    /// <summary>Keeps a lease alive, if this member leads: what other members ask their leader.</summary>
    /// <returns>The reply without a header; <see langword="null"/> when this member does not lead.</returns>
    /// <exception cref="EtcdException">There is no such lease.</exception>
    public async ValueTask<LeaseKeepAliveResponse?> RenewAsLeaderAsync(long id, CancellationToken cancellationToken)
    {
        // Only a leader that still leads may promise a lifetime (incident #15247). A sole voter leads by definition, and has applied every end of
        // a lease that was acknowledged. Any other leader renews, then has its leadership confirmed: whoever leads after it was elected
        // after the renewal, and gives the lease a full life from then on. Confirmed first, it could be paused before it renews, and
        // acknowledge what its successor has ended already. The lease is looked at once more, since a grant or a revoke that was committed
        // before may have been applied only now.
        LeadershipView leadership = _loop.Leadership;
        bool wasSoleVoter = leadership.IsSoleVoter;
        LeaseRenewal renewal = await _lessor.RenewAsync(id, cancellationToken).ConfigureAwait(false);
        if (!wasSoleVoter || !_gate.IsSoleVoter)
        {
            // A lease that is here, and that nobody is about to end, has no need to wait for apply: whatever apply is behind with is not about it.
            if (renewal.Outcome == LeaseRenewalOutcome.Renewed && !_revokes.Includes(id))
            {
                await _gate.ConfirmLeaderAsync(cancellationToken).ConfigureAwait(false);
                if (!_revokes.Includes(id) && IsStillLedUnder(leadership))
                {
                    renewal = _lessor.Renew(id);
                    if (renewal.Outcome == LeaseRenewalOutcome.Renewed)
                    {
                        return new LeaseKeepAliveResponse { ID = id, TTL = renewal.TtlSeconds };
                    }
                }
            }

            await _gate.ConfirmAsync(cancellationToken).ConfigureAwait(false);
            bool wasThere = renewal.Outcome == LeaseRenewalOutcome.Renewed;
            renewal = _lessor.Renew(id);
            if (!wasThere && renewal.Outcome == LeaseRenewalOutcome.Renewed)
            {
                await _gate.ConfirmAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        if (!IsStillLedUnder(leadership))
        {
            return null;
        }

        if (renewal.Outcome == LeaseRenewalOutcome.CheckpointMustBeCleared)
        {
            await ClearCheckpointAsync(id).ConfigureAwait(false);
            renewal = _lessor.Renew(id);
        }

        return renewal.Outcome switch
        {
            LeaseRenewalOutcome.Renewed => new LeaseKeepAliveResponse { ID = id, TTL = renewal.TtlSeconds },
            LeaseRenewalOutcome.NotFound => throw new EtcdException(EtcdErrorCode.LeaseNotFound),
            _ => null,
        };
    }

    /// <summary>Tells how long a lease still lives: as this member knows, or as the leader does.</summary>
    /// <returns>The reply; a time to live of -1 says that there is no such lease.</returns>
    /// <exception cref="EtcdException">No leader answered in time.</exception>
    public async ValueTask<LeaseTimeToLiveResponse> TimeToLiveAsync(LeaseTimeToLiveRequest request, CancellationToken cancellationToken)
    {
        LeaseTimeToLiveResponse reply;
        try
        {
            reply = await _forwarding.AskAsync(
                token => TimeToLiveAsLeaderAsync(request, token),
                (peers, url, token) => peers.GetLeaseTimeToLiveAsync(url, request, token),
                RefusalOf,
                cancellationToken).ConfigureAwait(false);
        }
        catch (EtcdException failure) when (failure.Code == EtcdErrorCode.LeaseNotFound)
        {
            reply = new LeaseTimeToLiveResponse { ID = request.ID, TTL = -1 };
        }

        reply.Header = _headers.Create();
        return reply;
    }

    /// <summary>Tells how long a lease still lives, if this member leads: what other members ask their leader.</summary>
    /// <returns>The reply without a header; <see langword="null"/> when this member does not lead.</returns>
    /// <exception cref="EtcdException">There is no such lease.</exception>
    public async ValueTask<LeaseTimeToLiveResponse?> TimeToLiveAsLeaderAsync(LeaseTimeToLiveRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        LeadershipView leadership = _loop.Leadership;
        LeaseInfo? lease = await _gate
            .ReadAsync(() => _lessor.TimeToLive(request.ID, request.Keys), cancellationToken)
            .ConfigureAwait(false);
        if (!IsStillLedUnder(leadership))
        {
            return null;
        }

        if (lease is null)
        {
            throw new EtcdException(EtcdErrorCode.LeaseNotFound);
        }

        if (lease.RemainingTtlSeconds is not { } remaining)
        {
            return null;
        }

        var reply = new LeaseTimeToLiveResponse { ID = request.ID, TTL = remaining, GrantedTTL = lease.GrantedTtlSeconds };
        foreach (ReadOnlyMemory<byte> key in lease.Keys)
        {
            reply.Keys.Add(UnsafeByteOperations.UnsafeWrap(key));
        }

        return reply;
    }

    /// <summary>Lists all leases.</summary>
    public async ValueTask<LeaseLeasesResponse> ListAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<long> ids = await _gate.ReadAsync(_lessor.Leases, cancellationToken).ConfigureAwait(false);
        var reply = new LeaseLeasesResponse { Header = _headers.Create() };
        foreach (long id in ids)
        {
            reply.Leases.Add(new LeaseStatus { ID = id });
        }

        return reply;
    }

    private static EtcdException? RefusalOf(PeerQueryException failure) =>
        failure.StatusCode == NotFound ? new EtcdException(EtcdErrorCode.LeaseNotFound) : null;

    private bool IsStillLedUnder(LeadershipView before) =>
        before.IsLeader && _loop.Leadership is { IsLeader: true } now && now.Term == before.Term;

    private async ValueTask ClearCheckpointAsync(long id)
    {
        var clear = new LeaseCheckpointRequest { Checkpoints = { new Protocol.Rpc.LeaseCheckpoint { ID = id, RemainingTTL = 0 } } };
        await _proposals.ProposeAsync(new InternalRaftRequest { LeaseCheckpoint = clear }).ConfigureAwait(false);
    }
}
