using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Consensus;
using Etcd.Server.Limits;

namespace Etcd.Server.Integrity;

/// <summary>Raises the alarm that stops all members' writes because data differ.</summary>
internal sealed class CorruptionAlarm(AlarmStore alarms, Proposals proposals, ServerLog log)
{
    /// <summary>Raises it for a member, unless it is in force.</summary>
    /// <param name="memberId">The member whose data is wrong; <see cref="HashVote.WholeCluster"/> when that is not known.</param>
    internal async Task RaiseAsync(ulong memberId)
    {
        if (alarms.Raised.Contains(new AlarmMember { MemberID = memberId, Alarm = AlarmType.Corrupt }))
        {
            return;
        }

        var request = new AlarmRequest
        {
            MemberID = memberId,
            Action = AlarmRequest.Types.AlarmAction.Activate,
            Alarm = AlarmType.Corrupt,
        };
        try
        {
            await proposals.ProposeAsync(new InternalRaftRequest { Alarm = request }).ConfigureAwait(false);
        }
        catch (EtcdException failure)
        {
            // The next check, this leader's or another's, finds the same.
            log.RaiseAlarmFailed(failure.Message);
        }
    }
}
