using Etcd.Auth;
using Etcd.Lease;
using Etcd.Mvcc;
using Etcd.Protocol.Rpc;
using Etcd.Raft;
using Etcd.Server.Apply;
using Etcd.Server.Consensus;
using Etcd.Server.Limits;
using Etcd.Server.Operations;
using Etcd.V2;

namespace Etcd.Server.Observation;

/// <summary>What monitoring reads of a member, each value as it is at the moment of reading. Any thread.</summary>
public sealed class MemberReadings
{
    private readonly ServerOptions _options;
    private readonly Backend _backend;
    private readonly MvccStore _store;
    private readonly Lessor _lessor;
    private readonly BackendQuota _quota;
    private readonly AlarmStore _alarms;
    private readonly AuthStore _auth;
    private readonly RaftLoop _loop;
    private readonly Func<ulong> _appliedIndex;
    private readonly PendingRequests _pending;
    private readonly ClusterOperations _cluster;

    internal MemberReadings(
        ServerOptions options,
        Backend backend,
        MvccStore store,
        Lessor lessor,
        BackendQuota quota,
        AlarmStore alarms,
        AuthStore auth,
        V2Statistics tree,
        RaftLoop loop,
        Func<ulong> appliedIndex,
        PendingRequests pending,
        ClusterOperations cluster,
        ServerInstruments instruments)
    {
        _options = options;
        _backend = backend;
        _store = store;
        _lessor = lessor;
        _quota = quota;
        _alarms = alarms;
        _auth = auth;
        Tree = tree;
        _loop = loop;
        _appliedIndex = appliedIndex;
        _pending = pending;
        _cluster = cluster;
        Instruments = instruments;
    }

    /// <summary>What the member counts and measures as it works.</summary>
    public ServerInstruments Instruments { get; }

    /// <summary>What was done with keys of the v2 API.</summary>
    public V2Statistics Tree { get; }

    /// <summary>What the key space was asked to do.</summary>
    public StoreFigures Store => _store.Figures;

    /// <summary>Alarms in force.</summary>
    public IReadOnlyList<AlarmMember> Alarms => _alarms.Raised;

    /// <summary>Revision of users and roles.</summary>
    public ulong AuthRevision => _auth.View.Revision;

    /// <summary>Raft's own view of this member, with the progress of all if it leads.</summary>
    /// <exception cref="Protocol.Errors.EtcdException">The member stops or has too much to do.</exception>
    public Task<RaftStatus> RaftStatusAsync() => _loop.StatusAsync();

    /// <summary>Who leads.</summary>
    public LeadershipView Leadership => _loop.Leadership;

    /// <summary>Whether the member has no vote.</summary>
    /// <param name="memberId">The member.</param>
    public bool IsLearner(ulong memberId) => _cluster.View.Find(memberId)?.IsLearner ?? false;

    /// <summary>Agreed version of the cluster (<c>3.5.0</c>); empty until the leader has set one.</summary>
    public string ClusterVersion => _cluster.View.ClusterVersion;

    /// <summary>Highest committed log index.</summary>
    /// <remarks>The loop tells its index once a turn, and a sole voter applies within the turn: what is applied is committed in any case.</remarks>
    public ulong CommittedIndex
    {
        get
        {
            ulong applied = _appliedIndex();
            return Math.Max(applied, _loop.CommitIndex);
        }
    }

    /// <summary>Highest applied log index.</summary>
    public ulong AppliedIndex => _appliedIndex();

    /// <summary>Proposals whose callers wait.</summary>
    public int ProposalsPending => _pending.Count;

    /// <summary>Space quota of the backend in bytes; negative when there is none.</summary>
    public long QuotaBytes => _options.QuotaBackendBytes < 0 ? _options.QuotaBackendBytes : _quota.LimitBytes;

    /// <summary>Size of the backend file in bytes.</summary>
    public long BackendBytes => _backend.SizeBytes;

    /// <summary>Bytes of the backend file that are not free pages.</summary>
    public long BackendInUseBytes => _backend.InUseBytes;

    /// <summary>Length of the backend file in bytes, with what lies behind its last page.</summary>
    public long BackendFileBytes => _backend.FileBytes;

    /// <summary>What was done to give free space of the backend file back to the disk.</summary>
    public ReclaimFigures BackendReclaimed => _backend.Reclaimed;

    /// <summary>Keys that exist.</summary>
    public long KeyCount => _store.KeyCount;

    /// <summary>Newest revision.</summary>
    public long CurrentRevision => _store.CurrentRevision;

    /// <summary>Revision of the last compaction; -1 before the first.</summary>
    public long CompactRevision => _store.CompactRevision;

    /// <summary>Leases granted since the process started.</summary>
    public long LeasesGranted => _lessor.GrantedTotal;

    /// <summary>Leases revoked since the process started, by clients or because they had expired.</summary>
    public long LeasesRevoked => _lessor.RevokedTotal;

    /// <summary>Keep-alives granted since the process started.</summary>
    public long LeasesRenewed => _lessor.RenewedTotal;
}
