using Etcd.Lease;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Consensus;

using LeaseCheckpoint = Etcd.Lease.LeaseCheckpoint;

namespace Etcd.Server.Leases;

/// <summary>Has all members know what is left of long leases, while this member leads: whoever leads next goes on from there instead of giving each
/// lease its whole life again. As in etcd, every lease longer than the interval has its turn once in it.</summary>
internal sealed class LeaseCheckpointing(Lessor lessor, RaftLoop loop, Proposals proposals, TimeProvider time, ServerLog log)
{
    /// <summary>Most leases in one entry; as many as etcd's.</summary>
    private const int LeasesPerEntryMax = 1_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Runs until cancelled.</summary>
    internal async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            {
                await SendDueAsync(stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The member stops; whoever leads next goes on from the last checkpoints.
        }
    }

    private async ValueTask SendDueAsync(CancellationToken stopping)
    {
        LeadershipView leadership = loop.Leadership;
        IReadOnlyList<LeaseCheckpoint> due;
        do
        {
            stopping.ThrowIfCancellationRequested();
            due = leadership.IsLeader ? lessor.TakeCheckpoints(LeasesPerEntryMax) : [];
            if (due.Count > 0)
            {
                await SendAsync(due, leadership.Term).ConfigureAwait(false);
            }
        }
        while (due.Count == LeasesPerEntryMax);
    }

    private async ValueTask SendAsync(IReadOnlyList<LeaseCheckpoint> due, ulong term)
    {
        var request = new LeaseCheckpointRequest();
        request.Checkpoints.AddRange(due.Select(
            checkpoint => new Protocol.Rpc.LeaseCheckpoint { ID = checkpoint.Id, RemainingTTL = checkpoint.RemainingTtlSeconds }));
        bool isInForce = false;
        try
        {
            await proposals.ProposeAsLeaderAsync(new InternalRaftRequest { LeaseCheckpoint = request }, term).ConfigureAwait(false);
            isInForce = true;
        }
        catch (EtcdException failure) when (failure.Code == EtcdErrorCode.NotLeader)
        {
            // Whoever leads now sends them by its own clock.
        }
        catch (EtcdException failure)
        {
            // What is left of these leases is told at their next turn.
            log.CheckpointFailed(due.Count, failure.Message);
        }
        finally
        {
            lessor.CheckpointsEnded(due, isInForce);
        }
    }
}
