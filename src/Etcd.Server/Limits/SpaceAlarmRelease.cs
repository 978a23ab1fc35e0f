using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Consensus;

namespace Etcd.Server.Limits;

/// <summary>Takes the member's own alarm about space back once its backend is small enough again, if it is asked to. Through the log, as an operator would:
/// the alarm ends at the same place on every member.</summary>
/// <remarks>The mark lies below the quota, so that a database at its quota does not raise and lower the alarm with every write; and a request too large for the
/// room above the mark does not either, because what was refused must fit again. Alarms of other members are their own to take back.</remarks>
internal sealed class SpaceAlarmRelease(
    ulong memberId, ServerOptions options, BackendQuota quota, AlarmStore alarms, Proposals proposals, TimeProvider time, ServerLog log)
{
    /// <summary>Runs until cancelled.</summary>
    internal async Task RunAsync(CancellationToken stopping)
    {
        if (options.QuotaAlarmDisarmPercent == 0)
        {
            return;
        }

        using var timer = new PeriodicTimer(options.QuotaAlarmLookInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            {
                if (IsRaisedHere() && quota.HasRoomAgain(options.QuotaAlarmDisarmPercent))
                {
                    await DisarmAsync().ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The member stops.
        }
    }

    private bool IsRaisedHere()
    {
        foreach (AlarmMember alarm in alarms.Raised)
        {
            if (alarm.Alarm == AlarmType.Nospace && alarm.MemberID == memberId)
            {
                return true;
            }
        }

        return false;
    }

    private async Task DisarmAsync()
    {
        var request = new AlarmRequest
        {
            MemberID = memberId,
            Action = AlarmRequest.Types.AlarmAction.Deactivate,
            Alarm = AlarmType.Nospace,
        };
        try
        {
            await proposals.ProposeAsync(new InternalRaftRequest { Alarm = request }).ConfigureAwait(false);
        }
        catch (EtcdException failure)
        {
            // No quorum, for example. The next look tries again.
            log.DisarmAlarmFailed(failure.Message);
        }
    }
}
