using Etcd.Peer;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Simulation.Members;
using Etcd.Simulation.Schedule;

namespace Etcd.Simulation.Network;

/// <summary>Questions of one member's life to others, over the simulated network.</summary>
internal sealed class SimulatedQueries(SimulatedNetwork network, EventQueue queue, SimulatedMember asker, ProcessLife life) : IPeerQueries
{
    private const int Unavailable = 503;
    private const int BadRequest = 400;
    private const int TimedOut = 408;
    private const int NotFound = 404;
    private const int PreconditionFailed = 412;

    /// <summary>How long a leader may take over a question about a lease.</summary>
    private static readonly TimeSpan LeasePatience = TimeSpan.FromSeconds(1);

    /// <summary>How long the asker's connection waits for an answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public Task<PeerClusterAnswer> GetMembersAsync(string peerUrl, CancellationToken cancellationToken) =>
        AskAsync(
            peerUrl,
            server => ValueTask.FromResult(new PeerClusterAnswer(
                server.Cluster.View.ClusterId,
                [.. server.Cluster.View.Members.Select(member =>
                    new PeerMemberRecord(member.Id, member.PeerUrls, member.IsLearner, member.Name, member.ClientUrls))])),
            cancellationToken);

    public Task<PeerVersionAnswer> GetVersionAsync(string peerUrl, CancellationToken cancellationToken) =>
        AskAsync(
            peerUrl,
            server => ValueTask.FromResult(new PeerVersionAnswer(
                EtcdVersion.Compatibility, server.Cluster.View.ClusterVersion is { Length: > 0 } version ? version : "not_decided")),
            cancellationToken);

    public Task<IReadOnlyList<PeerMemberRecord>> PromoteAsync(
        string peerUrl, ulong memberId, string? authorization, CancellationToken cancellationToken) =>
        AskAsync(
            peerUrl,
            async server =>
            {
                try
                {
                    return await server.Cluster.PromoteAsLeaderAsync(memberId, CancellationToken.None).ConfigureAwait(false)
                        ?? throw new EtcdException(EtcdErrorCode.NotLeader);
                }
                catch (EtcdException refusal)
                {
                    throw new PeerQueryException(StatusOf(refusal.Code), refusal.Message);
                }
            },
            cancellationToken);

    public Task<LeaseKeepAliveResponse> RenewLeaseAsync(string peerUrl, LeaseKeepAliveRequest request, CancellationToken cancellationToken) =>
        AskAsync(peerUrl, server => AskLeaderAsync(server, token => server.Leases.RenewAsLeaderAsync(request.ID, token)), cancellationToken);

    public Task<LeaseTimeToLiveResponse> GetLeaseTimeToLiveAsync(
        string peerUrl, LeaseTimeToLiveRequest request, CancellationToken cancellationToken) =>
        AskAsync(peerUrl, server => AskLeaderAsync(server, token => server.Leases.TimeToLiveAsLeaderAsync(request, token)), cancellationToken);

    public Task<PeerHashAnswer> GetHashKvAsync(string peerUrl, long revision, ulong clusterId, CancellationToken cancellationToken) =>
        AskAsync(
            peerUrl,
            server =>
            {
                HashKVResponse hash = server.Maintenance.HashByRevision(new HashKVRequest { Revision = revision });
                return ValueTask.FromResult(new PeerHashAnswer(hash.Header.Revision, hash.Hash, hash.CompactRevision));
            },
            cancellationToken);

    public Task<bool> GetDowngradeEnabledAsync(string peerUrl, CancellationToken cancellationToken) =>
        AskAsync(peerUrl, static _ => ValueTask.FromResult(false), cancellationToken);

    private static int StatusOf(EtcdErrorCode promotionRefusal) => promotionRefusal switch
    {
        EtcdErrorCode.MemberNotFound => NotFound,
        EtcdErrorCode.MemberNotLearner or EtcdErrorCode.LearnerNotReady => PreconditionFailed,
        _ => Unavailable,
    };

    // As the endpoint for other members does.
    private static async ValueTask<T> AskLeaderAsync<T>(EtcdServer server, Func<CancellationToken, ValueTask<T?>> ask)
        where T : class
    {
        using var limit = new CancellationTokenSource(LeasePatience, server.Time);
        try
        {
            return await ask(limit.Token).ConfigureAwait(false) ?? throw new PeerQueryException(BadRequest, "not a primary lessor");
        }
        catch (EtcdException failure)
        {
            throw new PeerQueryException(failure.Code == EtcdErrorCode.LeaseNotFound ? NotFound : BadRequest, failure.Message);
        }
        catch (OperationCanceledException)
        {
            throw new PeerQueryException(TimedOut, "waiting for node to catch up its applied index has timed out");
        }
    }

    private Task<T> AskAsync<T>(string url, Func<EtcdServer, ValueTask<T>> answer, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<T>();
        cancellationToken.Register(() => done.TrySetCanceled(cancellationToken));
        queue.Post(Patience, life, "query times out", () => done.TrySetException(new PeerQueryException(0, "no answer")));
        queue.Post(network.Latency(), null, "query", () =>
        {
            if (network.HostAt(url) is not { IsUp: true } target
                || !network.Links.IsOpen(asker.Host, target.Host)
                || !network.Links.IsOpen(target.Host, asker.Host))
            {
                queue.Post(network.Latency(), life, "no connection", () => done.TrySetException(new PeerQueryException(0, "connection refused")));
                return;
            }

            ProcessLife there = target.Life;
            queue.Post(TimeSpan.Zero, there, "answer query", () => _ = AnswerAsync(target, there, answer, done));
        });
        return done.Task;
    }

    private async Task AnswerAsync<T>(
        SimulatedMember target, ProcessLife there, Func<EtcdServer, ValueTask<T>> answer, TaskCompletionSource<T> done)
    {
        Action arrive;
        try
        {
            T value = await answer(target.Server!).ConfigureAwait(false);
            arrive = () => done.TrySetResult(value);
        }
        catch (PeerQueryException refusal)
        {
            arrive = () => done.TrySetException(refusal);
        }
        catch (EtcdException refusal)
        {
            arrive = () => done.TrySetException(new PeerQueryException(Unavailable, refusal.Message));
        }
#pragma warning disable CA1031 // Whatever else is thrown at another member is a fault, unless the member is about to die of one.
        catch (Exception failure)
        {
            if (!target.MayFailAsker(there, failure))
            {
                queue.Fail($"{there.Name} threw at another member: {failure}", failure);
            }

            return;
        }
#pragma warning restore CA1031

        if (!there.IsOver)
        {
            queue.Post(network.Latency(), life, "query answered", arrive);
        }
    }
}
