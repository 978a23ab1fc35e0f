using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Apply;
using Etcd.Server.Consensus;
using Etcd.Server.Limits;
using Etcd.Server.Pumps;

namespace Etcd.Server.Operations;

/// <summary>Refuses writes that do not fit into the quota, and raises the alarm that stops all members' writes.</summary>
internal sealed class SpaceGuard(
    ulong memberId, BackendQuota quota, AlarmStore alarms, Proposals proposals, Execution execution, ServerLog log)
{
    private readonly Lock _lock = new();

    // Those to be answered once the alarm that is being raised is in force; null while none is.
    private List<(PendingRequest Request, EtcdException Refusal)>? _refused;

    /// <summary>Checks a request before it is proposed.</summary>
    /// <exception cref="EtcdException">It does not fit.</exception>
    internal ValueTask CheckAsync(InternalRaftRequest request) =>
        quota.HasRoomFor(request) ? ValueTask.CompletedTask : new ValueTask(RefuseAsync(request));

    /// <summary>Raises the alarm for a request that apply found too large, unless it is raised, and answers it then: who is told that there is no space
    /// finds the alarm in force, as with etcd. Apply calls this, and is not waited for: the alarm is applied by apply.</summary>
    /// <returns><see langword="false"/> when the alarm is raised already; the caller answers.</returns>
    internal bool RefuseOnceRaised(InternalRaftRequest request, PendingRequest? waiting, EtcdException refusal)
    {
        if (alarms.IsRaised(AlarmType.Nospace))
        {
            return false;
        }

        quota.Refused(request);
        bool isRaising;
        lock (_lock)
        {
            isRaising = _refused is not null;
            _refused ??= [];
            if (waiting is not null)
            {
                _refused.Add((waiting, refusal));
            }
        }

        if (!isRaising)
        {
            _ = execution.RunAsync(RaiseAndAnswerAsync);
        }

        return true;
    }

    private async Task RefuseAsync(InternalRaftRequest request)
    {
        quota.Refused(request);
        if (!alarms.IsRaised(AlarmType.Nospace))
        {
            await RaiseAsync().ConfigureAwait(false);
        }

        throw new EtcdException(EtcdErrorCode.NoSpace);
    }

    private async Task RaiseAndAnswerAsync()
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
            AnswerRefused();
        }
    }

    private void AnswerRefused()
    {
        List<(PendingRequest Request, EtcdException Refusal)> refused;
        lock (_lock)
        {
            refused = _refused!;
            _refused = null;
        }

        var replies = new ReplyBatch();
        foreach ((PendingRequest request, EtcdException refusal) in refused)
        {
            replies.Add(request, null, refusal);
        }

        if (!replies.IsEmpty)
        {
            replies.Deliver(execution);
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
