using Etcd.Mvcc;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Consensus;
using Etcd.Server.Limits;
using Etcd.Server.Membership;
using Etcd.Server.Observation;

namespace Etcd.Server.Operations;

/// <summary>What operators ask of one member.</summary>
public sealed class MaintenanceOperations
{
    private readonly Backend _backend;
    private readonly MvccStore _store;
    private readonly AlarmStore _alarms;
    private readonly BackendQuota _quota;
    private readonly RaftLoop _loop;
    private readonly Func<ulong> _appliedIndex;
    private readonly Proposals _proposals;
    private readonly ReadGate _gate;
    private readonly ClusterOperations _cluster;
    private readonly DowngradeStore _downgrade;
    private readonly HeaderSource _headers;
    private readonly LeadershipHandover _handover;
    private readonly ServerInstruments _instruments;
    private readonly ServerLog _log;

    internal MaintenanceOperations(
        Backend backend,
        MvccStore store,
        AlarmStore alarms,
        BackendQuota quota,
        RaftLoop loop,
        Func<ulong> appliedIndex,
        Proposals proposals,
        ReadGate gate,
        ClusterOperations cluster,
        DowngradeStore downgrade,
        HeaderSource headers,
        LeadershipHandover handover,
        ServerInstruments instruments,
        ServerLog log)
    {
        _quota = quota;
        _downgrade = downgrade;
        _instruments = instruments;
        _log = log;
        _handover = handover;
        _backend = backend;
        _store = store;
        _alarms = alarms;
        _loop = loop;
        _appliedIndex = appliedIndex;
        _proposals = proposals;
        _gate = gate;
        _cluster = cluster;
        _headers = headers;
    }

    /// <summary>Alarms in force.</summary>
    public IReadOnlyList<AlarmMember> Alarms => _alarms.Raised;

    /// <summary>State of this member.</summary>
    public StatusResponse Status()
    {
        LeadershipView leadership = _loop.Leadership;

        // Apply may be ahead of the commit index that the loop has published, and a log never ends before what was applied of it.
        ulong applied = _appliedIndex();
        var reply = new StatusResponse
        {
            Header = _headers.Create(),
            Version = EtcdVersion.Compatibility,
            DbSize = _backend.SizeBytes,
            DbSizeInUse = _backend.InUseBytes,
            Leader = leadership.Leader,
            RaftIndex = Math.Max(applied, _loop.CommitIndex),
            RaftTerm = leadership.Term,
            RaftAppliedIndex = applied,
            IsLearner = _cluster.View.Find(_headers.MemberId)?.IsLearner ?? false,

            // Fields of etcd 3.6, which older clients skip.
            StorageVersion = EtcdVersion.Storage,
            DbSizeQuota = _quota.LimitBytes == long.MaxValue ? 0 : _quota.LimitBytes,
            DowngradeInfo = new DowngradeInfo { Enabled = _downgrade.Target.Length > 0, TargetVersion = _downgrade.Target },
        };
        if (leadership.Leader == 0)
        {
            reply.Errors.Add(ErrorCatalogue.Describe(EtcdErrorCode.NoLeader).Text);
        }

        foreach (AlarmMember alarm in _alarms.Raised)
        {
            // As protobuf writes it for people: what is zero stays away.
            string member = alarm.MemberID == 0 ? string.Empty : $"memberID:{alarm.MemberID} ";
            reply.Errors.Add($"{member}alarm:{AlarmStore.NameOf(alarm.Alarm)} ");
        }

        return reply;
    }

    /// <summary>Lists, raises or lowers alarms.</summary>
    public async ValueTask<AlarmResponse> AlarmAsync(AlarmRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        AlarmResponse reply;
        switch (request.Action)
        {
            case AlarmRequest.Types.AlarmAction.Get:
                IReadOnlyList<AlarmMember> raised = await _gate
                    .ReadAsync(() => _alarms.Raised, cancellationToken)
                    .ConfigureAwait(false);
                reply = new AlarmResponse { Header = _headers.Create() };
                reply.Alarms.AddRange(raised.Where(alarm => request.Alarm == AlarmType.None || alarm.Alarm == request.Alarm));
                return reply;

            case AlarmRequest.Types.AlarmAction.Activate or AlarmRequest.Types.AlarmAction.Deactivate
                when Enum.IsDefined(request.Alarm):
                reply = (AlarmResponse)await _proposals
                    .ProposeAsync(new InternalRaftRequest { Alarm = request })
                    .ConfigureAwait(false);
                _headers.Complete(reply.Header);
                return reply;

            default:
                // Real etcd up to 3.5 dies of an action it does not know; every enum is checked here before it is replicated.
                throw new EtcdException(EtcdErrorCode.InvalidRequestOption);
        }
    }

    /// <summary>Hash over the whole backend as it stands on disk.</summary>
    public HashResponse Hash()
    {
        long started = _instruments.Timestamp();
        uint hash = _backend.Hash();
        _instruments.Hashes.Record(_instruments.Since(started));
        return new HashResponse { Header = _headers.Create(), Hash = hash };
    }

    /// <summary>Hash over the keys as of one revision.</summary>
    public HashKVResponse HashByRevision(HashKVRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        long started = _instruments.Timestamp();
        HashKvResult result = _store.HashByRevision(request.Revision);
        _instruments.RevisionHashes.Record(_instruments.Since(started));
        return new HashKVResponse
        {
            Header = _headers.Create(result.CurrentRevision),
            Hash = result.Hash,
            CompactRevision = result.CompactRevision,
            HashRevision = result.Revision,
        };
    }

    /// <summary>Rewrites the backend file without its free pages.</summary>
    public DefragmentResponse Defragment()
    {
        Defragmentation.Run(_backend, _instruments, _log);

        // etcd gives this reply no header.
        return new DefragmentResponse();
    }

    /// <summary>Opens a consistent copy of the backend for sending; the caller disposes it.</summary>
    public BackendSnapshot OpenSnapshot() => _backend.TakeSnapshot();

    /// <summary>Hands leadership to another voter; completes once it leads.</summary>
    /// <exception cref="EtcdException">This member does not lead, the other cannot, or it took too long.</exception>
    public async ValueTask<MoveLeaderResponse> MoveLeaderAsync(MoveLeaderRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        await _handover.MoveAsync(request.TargetID, cancellationToken).ConfigureAwait(false);

        // etcd gives this reply no header.
        return new MoveLeaderResponse();
    }
}
