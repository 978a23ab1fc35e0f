using System.Text;

using Etcd.Lease;
using Etcd.Mvcc;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Access;
using Etcd.Server.Leases;
using Etcd.Server.Limits;
using Etcd.Server.Membership;
using Etcd.Server.Observation;

using Google.Protobuf;

using LeaseCheckpoint = Etcd.Lease.LeaseCheckpoint;

namespace Etcd.Server.Apply;

/// <summary>Applies one replicated request to the state machines. The same request on the same state gives the same result on every
/// member: nothing here looks at a clock, a leader or a caller.</summary>
internal sealed class RequestApplier
{
    private readonly MvccStore _store;
    private readonly Lessor _lessor;
    private readonly AlarmStore _alarms;
    private readonly BackendQuota _quota;
    private readonly MembershipApplier _membership;
    private readonly AuthApplier _auth;
    private readonly ServerInstruments _instruments;
    private readonly DowngradeStore _downgrade;
    private readonly RevokesUnderWay _revokes;

    internal RequestApplier(
        MvccStore store, Lessor lessor, AlarmStore alarms, BackendQuota quota, MembershipApplier membership, AuthApplier auth,
        ServerInstruments instruments, DowngradeStore downgrade, RevokesUnderWay revokes)
    {
        _downgrade = downgrade;
        _revokes = revokes;
        _instruments = instruments;
        _auth = auth;
        _store = store;
        _lessor = lessor;
        _alarms = alarms;
        _quota = quota;
        _membership = membership;
    }

    /// <summary>Applies the request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="raftIndex">Index of its entry.</param>
    /// <returns>The reply; its header carries the revision, the rest of it is the face's to fill in.</returns>
    /// <exception cref="EtcdException">The state refuses the request; nothing has changed, except that a write over the quota has been
    /// applied and is reported as <see cref="EtcdErrorCode.NoSpace"/>, as etcd does.</exception>
    internal IMessage Apply(InternalRaftRequest request, ulong raftIndex)
    {
        RefuseUnderAlarm(request);
        _auth.Check(request);
        bool fits = !BackendQuota.Stores(request) || _quota.HasRoomFor(request);
        IMessage reply = Dispatch(request, raftIndex);
        return fits ? reply : throw new EtcdException(EtcdErrorCode.NoSpace);
    }

    private IMessage Dispatch(InternalRaftRequest request, ulong raftIndex)
    {
        if (request.Put is { } put)
        {
            return _store.Put(put);
        }

        if (request.Txn is { } txn)
        {
            return _store.Txn(txn);
        }

        if (request.DeleteRange is { } deletion)
        {
            return _store.DeleteRange(deletion);
        }

        if (request.LeaseGrant is { } grant)
        {
            return Apply(grant);
        }

        if (request.LeaseRevoke is { } revocation)
        {
            bool wasThere = _lessor.Revoke(revocation.ID, out IReadOnlyList<ReadOnlyMemory<byte>> keys);
            _revokes.Applied(revocation.ID, request.Header?.ID ?? 0);
            if (!wasThere)
            {
                throw new EtcdException(EtcdErrorCode.LeaseNotFound);
            }

            _store.DeleteKeys(keys);
            return new LeaseRevokeResponse { Header = Header() };
        }

        if (request.Compaction is { } compaction)
        {
            // The store supervises its compactions; a caller that wants the physical end waits for it outside apply.
            _ = _store.Compact(compaction.Revision);
            return new CompactionResponse { Header = Header() };
        }

        if (request.Alarm is { } alarm)
        {
            return Apply(alarm);
        }

        if (request.LeaseCheckpoint is { } checkpoint)
        {
            foreach (Protocol.Rpc.LeaseCheckpoint lease in checkpoint.Checkpoints)
            {
                _lessor.Checkpoint(new LeaseCheckpoint(lease.ID, lease.RemainingTTL));
            }

            return new LeaseCheckpointResponse { Header = Header() };
        }

        return _auth.Apply(request, raftIndex, _store.CurrentRevision) ?? ApplyMembership(request);
    }

    /// <summary>Applies what a request changes in the v2 tree, and nothing else: the tree is restored from the <c>.snap</c> file, so it lacks
    /// changes that the backend has.</summary>
    /// <returns>Whether the request is one that changes the tree.</returns>
    internal bool ApplyToTree(InternalRaftRequest request, bool isInBackend)
    {
        if (request.ClusterVersionSet is { } version)
        {
            _membership.SetVersion(version.Ver, isInBackend);
            return true;
        }

        if (request.ClusterMemberAttrSet is { } attributes)
        {
            byte[] record = MemberRecord.WriteAttributes(attributes.MemberAttributes.Name, [.. attributes.MemberAttributes.ClientUrls]);
            _membership.SetAttributes(attributes.MemberID, Encoding.UTF8.GetString(record), isInBackend);
            return true;
        }

        if (request.DowngradeInfoSet is { } downgrade)
        {
            if (!isInBackend)
            {
                _downgrade.Set(downgrade);
            }

            return true;
        }

        return false;
    }

    private CompactionResponse ApplyMembership(InternalRaftRequest request)
    {
        if (!ApplyToTree(request, isInBackend: false))
        {
            throw new UnsupportedEntryException("the log holds a request that this server does not know: another release has written it");
        }

        // Nobody waits for these; any reply with a header does.
        return new CompactionResponse { Header = Header() };
    }

    private LeaseGrantResponse Apply(LeaseGrantRequest request)
    {
        LeaseGrantOutcome outcome = _lessor.Grant(request.ID, request.TTL, out long ttlSeconds);
        if (outcome == LeaseGrantOutcome.Granted)
        {
            _instruments.LeaseTtls.Record(TimeSpan.FromSeconds(ttlSeconds));
        }

        return outcome switch
        {
            LeaseGrantOutcome.Granted => new LeaseGrantResponse { Header = Header(), ID = request.ID, TTL = ttlSeconds },
            LeaseGrantOutcome.AlreadyExists => throw new EtcdException(EtcdErrorCode.LeaseExists),
            LeaseGrantOutcome.TtlTooLarge => throw new EtcdException(EtcdErrorCode.LeaseTtlTooLarge),
            _ => throw new EtcdException(EtcdErrorCode.LeaseNotFound),
        };
    }

    private AlarmResponse Apply(AlarmRequest request)
    {
        var reply = new AlarmResponse { Header = Header() };
        AlarmMember? changed = request.Action switch
        {
            _ when request.Alarm == AlarmType.None => null,
            AlarmRequest.Types.AlarmAction.Activate => _alarms.Raise(request.MemberID, request.Alarm),
            AlarmRequest.Types.AlarmAction.Deactivate => _alarms.Lower(request.MemberID, request.Alarm),
            _ => null,
        };
        if (request.Action == AlarmRequest.Types.AlarmAction.Get)
        {
            reply.Alarms.AddRange(
                _alarms.Raised.Where(raised => request.Alarm == AlarmType.None || raised.Alarm == request.Alarm));
        }
        else if (changed is not null)
        {
            reply.Alarms.Add(changed);
            if (request is { Action: AlarmRequest.Types.AlarmAction.Deactivate, Alarm: AlarmType.Nospace })
            {
                _quota.AlarmLowered();
            }
        }

        return reply;
    }

    private void RefuseUnderAlarm(InternalRaftRequest request)
    {
        if (_alarms.Raised.Count == 0)
        {
            return;
        }

        if (_alarms.IsRaised(AlarmType.Corrupt) && request.Alarm is null && IsDataRequest(request))
        {
            throw new EtcdException(EtcdErrorCode.Corrupt);
        }

        if (_alarms.IsRaised(AlarmType.Nospace) && BackendQuota.Stores(request))
        {
            throw new EtcdException(EtcdErrorCode.NoSpace);
        }
    }

    private static bool IsDataRequest(InternalRaftRequest request) =>
        request.Put is not null
        || request.DeleteRange is not null
        || request.Txn is not null
        || request.Compaction is not null
        || request.LeaseGrant is not null
        || request.LeaseRevoke is not null;

    private ResponseHeader Header() => new() { Revision = _store.CurrentRevision };
}
