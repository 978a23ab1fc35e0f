using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Consensus;
using Etcd.Server.Pumps;

namespace Etcd.Server.Limits.Prefixes;

/// <summary>Claims of requests whose callers were told that time is up, or nothing at all: their entries may still be applied, so what they were promised stays
/// promised until that is decided. Any thread.</summary>
/// <remarks>
/// It is decided once a later request of this member has been applied here. Proposals of one member reach the log in the order in which they leave it, and
/// those that have not left when their time is up never do; so an earlier entry stands before the later one and has been applied, or has got lost.
/// One case is not covered: what a follower sent to a leader that has lost its office waits there for the next one, up to the request time-out, and what is still
/// on its way to it longer. Should a later request of the follower reach the new leader first, the earlier one may be applied after its claim was given up, and a
/// prefix exceed its quota by that.
/// Nobody may have a later request, least of all when the claims themselves leave no room. Then the member makes one that changes nothing: the question
/// for alarms, which etcd of every version takes through the log. One proposal at a time decides all claims there were before it.
/// </remarks>
internal sealed class UndecidedClaims(Execution execution, TimeProvider time, CancellationToken stopping)
{
    /// <summary>Pause after a proposal that failed; its time-out comes on top.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private List<PrefixClaim> _claims = [];
    private bool _isAsking;

    /// <summary>Whether the failure leaves open if the request will be applied.</summary>
    internal static bool IsUndecided(EtcdException failure) => failure.Code is
        EtcdErrorCode.Timeout or EtcdErrorCode.TimeoutDueToLeaderFail or EtcdErrorCode.TimeoutDueToConnectionLost;

    /// <summary>Holds a claim until its request is decided.</summary>
    internal void Add(PrefixClaim claim, Proposals proposals)
    {
        lock (_lock)
        {
            _claims.Add(claim);
            if (_isAsking)
            {
                return;
            }

            _isAsking = true;
        }

        _ = execution.RunAsync(() => DecideAsync(proposals));
    }

    private async Task DecideAsync(Proposals proposals)
    {
        List<PrefixClaim> asked = [];
        try
        {
            while (TryTake(ref asked))
            {
                while (!await TryPassAsync(proposals).ConfigureAwait(false))
                {
                    await execution.DelayAsync(Pause, time, stopping).ConfigureAwait(false);
                }

                asked.ForEach(claim => claim.Release());
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The member stops, and its accounts end with it.
        }
    }

    private bool TryTake(ref List<PrefixClaim> claims)
    {
        lock (_lock)
        {
            claims = _claims;
            _claims = [];
            _isAsking = claims.Count > 0;
            return _isAsking;
        }
    }

    private static async Task<bool> TryPassAsync(Proposals proposals)
    {
        try
        {
            await proposals
                .ProposeAsync(new InternalRaftRequest { Alarm = new AlarmRequest { Action = AlarmRequest.Types.AlarmAction.Get } })
                .ConfigureAwait(false);
            return true;
        }
        catch (EtcdException)
        {
            // No quorum, no leader, too much to do: nothing is decided yet.
            return false;
        }
    }
}
