using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Consensus;
using Etcd.Server.Limits;
using Etcd.Server.Pumps;

namespace Etcd.Server.Operations;

/// <summary>Refuses writes that do not fit into the quota, and raises the alarm that stops all members' writes.</summary>
internal sealed class SpaceGuard(
    ulong memberId, BackendQuota quota, AlarmStore alarms, Proposals proposals, Execution execution, ServerLog log)
{
    private int _raising;

    /// <summary>Checks a request before it is proposed.</summary>
    /// <exception cref="EtcdException">It does not fit.</exception>
    internal ValueTask CheckAsync(InternalRaftRequest request) =>
        quota.HasRoomFor(request) ? ValueTask.CompletedTask : new ValueTask(RefuseAsync());

    /// <summary>Raises the alarm unless it is raised or being raised. Does not wait: apply calls this, and the alarm is applied by apply.</summary>
    internal void RaiseSoon()
    {
        if (!alarms.IsRaised(AlarmType.Nospace) && Interlocked.Exchange(ref _raising, 1) == 0)
        {
            _ = execution.RunAsync(RaiseAndLogAsync);
        }
    }

    private async Task RefuseAsync()
    {
        if (!alarms.IsRaised(AlarmType.Nospace))
        {
            await RaiseAsync().ConfigureAwait(false);
        }

        throw new EtcdException(EtcdErrorCode.NoSpace);
    }

    private async Task RaiseAndLogAsync()
    {
        try
        {
            await RaiseAsync().ConfigureAwait(false);
        }
        catch (EtcdException failure)
        {
            // The next write over the quota tries again.
            log.RaiseAlarmFailed(failure.Message);
        }
        finally
        {
            Volatile.Write(ref _raising, 0);
        }
    }

    private async Task RaiseAsync()
    {
        var request = new AlarmRequest
        {
            MemberID = memberId,
            Action = AlarmRequest.Types.AlarmAction.Activate,
            Alarm = AlarmType.Nospace,
        };
        await proposals.ProposeAsync(new InternalRaftRequest { Alarm = request }).ConfigureAwait(false);
    }
}
