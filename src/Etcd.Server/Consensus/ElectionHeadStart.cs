using Etcd.Peer;
using Etcd.Server.Pumps;

namespace Etcd.Server.Consensus;

/// <summary>Shortens the first election time-out of a member that starts beside others: when it has reached them and still hears of no leader,
/// there is most likely none.</summary>
internal sealed class ElectionHeadStart(
    RaftLoop loop, IPeerTransport peers, ServerOptions options, TimeProvider time, Execution execution, ServerLog log)
{
    private const int PeersReachedMin = 2;

    // A stream that does not come about in this time has a reason.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Runs once.</summary>
    /// <param name="members">The other members as they are known at the start.</param>
    /// <param name="stopping">Ends it early.</param>
    internal async Task RunAsync(IReadOnlyList<ulong> members, CancellationToken stopping)
    {
        if (!options.InitialElectionTickAdvance || members.Count == 0)
        {
            return;
        }

        long started = time.GetTimestamp();
        try
        {
            while (time.GetElapsedTime(started) < Patience)
            {
                await execution.DelayAsync(Interval, time, stopping).ConfigureAwait(false);
                if (members.Count(member => peers.ActiveSince(member) is not null) < PeersReachedMin)
                {
                    continue;
                }

                // Two ticks remain, for a leader's message that is slow.
                int ticks = options.ElectionTicks - 2;
                if (loop.Leadership.Leader == 0 && ticks > 0)
                {
                    log.AdvancingTicks(ticks, options.ElectionTicks);
                    loop.Post(new RaftInput(RaftInputKind.Tick, Number: (ulong)ticks));
                }

                return;
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The member stops.
        }
    }
}
