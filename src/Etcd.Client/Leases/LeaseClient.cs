using Etcd.Client.Calls;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>Grants, renews and revokes leases. The keys of a lease are deleted when it expires or is revoked.</summary>
public sealed class LeaseClient
{
    private readonly CallInvoker _calls;

    internal LeaseClient(CallInvoker calls) => _calls = calls;

    /// <summary>Grants a lease.</summary>
    /// <param name="ttlSeconds">Time to live in seconds. The server raises it to its minimum; the reply has what it granted.</param>
    /// <param name="leaseId">ID to give it; 0: the server picks one.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="RpcException">The call failed; OutOfRange for too long a time, FailedPrecondition when the ID is taken.</exception>
    public Task<LeaseGrantResponse> GrantAsync(long ttlSeconds, long leaseId = 0, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(
            Methods.LeaseGrant, new LeaseGrantRequest { TTL = ttlSeconds, ID = leaseId }, CallKind.Repeatable, cancellationToken);

    /// <summary>Revokes a lease and deletes its keys.</summary>
    /// <exception cref="RpcException">The call failed; NotFound when there is no such lease.</exception>
    public Task<LeaseRevokeResponse> RevokeAsync(long leaseId, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(Methods.LeaseRevoke, new LeaseRevokeRequest { ID = leaseId }, CallKind.Repeatable, cancellationToken);

    /// <summary>Asks for the time a lease has left.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <param name="withKeys">List its keys.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <returns>The seconds left; -1 in <c>TTL</c> when there is no such lease.</returns>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<LeaseTimeToLiveResponse> TimeToLiveAsync(
        long leaseId, bool withKeys = false, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(
            Methods.LeaseTimeToLive, new LeaseTimeToLiveRequest { ID = leaseId, Keys = withKeys }, CallKind.Repeatable, cancellationToken);

    /// <summary>Lists the leases.</summary>
    /// <exception cref="RpcException">The call failed.</exception>
    public Task<LeaseLeasesResponse> ListAsync(CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(Methods.LeaseLeases, new LeaseLeasesRequest(), CallKind.Repeatable, cancellationToken);

    /// <summary>Renews a lease once.</summary>
    /// <exception cref="RpcException">The call failed; NotFound when there is no such lease.</exception>
    public async Task<LeaseKeepAliveResponse> KeepAliveOnceAsync(long leaseId, CancellationToken cancellationToken = default)
    {
        Backoff backoff = _calls.NewBackoff();
        while (true)
        {
            string endpoint = _calls.CurrentEndpoint;
            try
            {
                using IEndpointStream<LeaseKeepAliveRequest, LeaseKeepAliveResponse> stream = await _calls
                    .StreamAsync(Methods.LeaseKeepAlive, requireLeader: false, endpoint, cancellationToken).ConfigureAwait(false);
                LeaseKeepAliveResponse reply = await LeaseKeeper.RenewAsync(stream, leaseId, cancellationToken).ConfigureAwait(false);
                return reply.TTL > 0
                    ? reply
                    : throw new RpcException(RpcStatusCode.NotFound, "etcdserver: requested lease not found");
            }
            catch (RpcException error) when (_calls.TryRecover(error, endpoint, Methods.LeaseKeepAlive.Path))
            {
                await backoff.WaitAsync(longest: null, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Grants a lease and keeps it alive in the background, for locks and candidacies.</summary>
    /// <param name="ttlSeconds">How long the lease outlives its holder, in seconds; the server may raise it.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <returns>The session; dispose it to end the lease.</returns>
    /// <exception cref="RpcException">The call failed.</exception>
    public async Task<LeaseSession> OpenSessionAsync(long ttlSeconds = LockClient.DefaultTtlSeconds, CancellationToken cancellationToken = default) =>
        new(this, _calls.Time, await GrantAsync(ttlSeconds, leaseId: 0, cancellationToken).ConfigureAwait(false));

    /// <summary>Keeps a lease alive for as long as the result is enumerated: renews it at once and then at each third of its time.</summary>
    /// <param name="leaseId">The lease.</param>
    /// <param name="cancellationToken">Stops renewing; the lease then lives on for its time.</param>
    /// <returns>Every renewal. Take them as they come: the next renewal waits for it.</returns>
    /// <exception cref="LeaseExpiredException">The lease is gone, or no member answered for the time it had left.</exception>
    /// <exception cref="RpcException">The cluster refused, for a reason that another attempt would not change.</exception>
    public IAsyncEnumerable<LeaseKeepAliveResponse> KeepAliveAsync(long leaseId, CancellationToken cancellationToken = default) =>
        new LeaseKeeper(_calls, leaseId).RenewAsync(cancellationToken);

    /// <summary>Keeps alive a lease that has just been granted.</summary>
    internal IAsyncEnumerable<LeaseKeepAliveResponse> KeepAliveAsync(LeaseGrantResponse lease, CancellationToken cancellationToken) =>
        new LeaseKeeper(_calls, lease.ID, TimeSpan.FromSeconds(lease.TTL)).RenewAsync(cancellationToken);
}
