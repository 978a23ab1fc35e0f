using Etcd.Auth;
using Etcd.Lease;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Consensus;
using Etcd.Server.Observation;

namespace Etcd.Server.Leases;

/// <summary>Ends expired leases through the log. Only a leader's lessor names any.</summary>
/// <remarks>A revoke is bound to the term of the leader that found the lease expired. One that has been paused meanwhile and leads no more must
/// not have it forwarded to its successor, who may have renewed the lease (incident #15247).</remarks>
internal sealed class LeaseExpiry(
    Lessor lessor, RaftLoop loop, Proposals proposals, Func<Caller> itself, TimeProvider time, ServerInstruments instruments, ServerLog log)
{
    private const int RevokesPerRound = 500;
    private const int RevokesAtOnce = 16;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs until cancelled.</summary>
    internal async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            {
                LeadershipView leadership = loop.Leadership;
                IReadOnlyList<long> expired = leadership.IsLeader ? lessor.TakeExpired(RevokesPerRound) : [];
                if (expired.Count > 0)
                {
                    await RevokeAllAsync(expired, leadership.Term, stopping).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The member stops; whoever leads next revokes what is left.
        }
    }

    private Task RevokeAllAsync(IReadOnlyList<long> ids, ulong term, CancellationToken stopping)
    {
        int taken = 0;
        var atOnce = new Task[Math.Min(ids.Count, RevokesAtOnce)];
        for (int i = 0; i < atOnce.Length; i++)
        {
            atOnce[i] = RevokeNextAsync();
        }

        return Task.WhenAll(atOnce);

        async Task RevokeNextAsync()
        {
            for (int next; (next = Interlocked.Increment(ref taken) - 1) < ids.Count;)
            {
                stopping.ThrowIfCancellationRequested();
                await RevokeAsync(ids[next], term).ConfigureAwait(false);
            }
        }
    }

    private async ValueTask RevokeAsync(long id, ulong term)
    {
        try
        {
            var request = new LeaseRevokeRequest { ID = id };
            var proposal = new InternalRaftRequest { LeaseRevoke = request, Header = Proposals.HeaderFor(itself()) };
            await proposals.ProposeAsLeaderAsync(proposal, term).ConfigureAwait(false);
            instruments.CountExpiredLease();
        }
        catch (EtcdException failure) when (failure.Code == EtcdErrorCode.LeaseNotFound)
        {
            // A client was faster; that is what was wanted.
        }
        catch (EtcdException failure) when (failure.Code == EtcdErrorCode.NotLeader)
        {
            // Whoever leads now decides by its own clock.
        }
        catch (EtcdException failure)
        {
            // The lessor names the lease again after a while.
            log.RevokeFailed(id.ToString("x16", System.Globalization.CultureInfo.InvariantCulture), failure.Message);
        }
    }
}
