using Etcd.Disk;
using Etcd.Lease;
using Etcd.Mvcc;
using Etcd.Mvcc.Watch;
using Etcd.Peer;
using Etcd.Protocol.Errors;
using Etcd.Raft;
using Etcd.Server.Access;
using Etcd.Server.Apply;
using Etcd.Server.Bootstrap;
using Etcd.Server.Composition;
using Etcd.Server.Consensus;
using Etcd.Server.Leases;
using Etcd.Server.Limits.Prefixes;
using Etcd.Server.Membership;
using Etcd.Server.Observation;
using Etcd.Server.Operations;
using Etcd.Server.Pumps;
using Etcd.Server.Snapshots;
using Etcd.Server.V2Access;
using Etcd.Server.V2Api;

using Microsoft.Extensions.Logging;

namespace Etcd.Server;

/// <summary>One member: consensus, storage and state machines joined. It knows no listener; faces call its operations.</summary>
/// <remarks>
/// A write goes: operation → <see cref="Proposals"/> → <see cref="RaftLoop"/> → <see cref="LogWriter"/> → <see cref="Applier"/> → reply.
/// Each arrow is one hand-over to the thread that owns the next state. A fault in any of them ends the member
/// (<see cref="Termination"/>): it never goes on with state it cannot trust.
/// </remarks>
public sealed class EtcdServer : IAsyncDisposable
{
    private static readonly TimeSpan DelayAfterRemoval = TimeSpan.FromSeconds(1);

    private readonly ServerOptions _options;
    private readonly TimeProvider _time;
    private readonly ServerLog _log;
    private readonly Execution _execution;
    private readonly ServerInstruments _instruments;
    private readonly BootstrappedMember _member;
    private readonly MemberState _state;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _streamsEnding = new();
    private readonly TaskCompletionSource<Exception?> _termination;
    private readonly PendingRequests _pending;
    private readonly RaftLoop _loop;
    private readonly LogStallWatch _logStalls;
    private readonly LogWriter _logWriter;
    private readonly Applier _applier;
    private readonly Proposals _proposals;
    private readonly SnapshotTaker _snapshots;
    private readonly SnapshotInstaller _installer;
    private readonly SnapshotDispatch _dispatch;
    private readonly SpaceGuard _space;
    private readonly LeadershipHandover _handover;
    private readonly TimeoutCause _timeoutCause;
    private readonly LeadershipEffects _leadership;
    private readonly IPeerTransport _peers;
    private readonly MemberPeers _others;
    private readonly MemberDuties _duties;

    private ITimer? _ticker;
    private int _tickWaits;
    private Task _background = Task.CompletedTask;
    private int _disposed;

    private EtcdServer(MemberContext context, IPeerNetwork network)
    {
        StreamsEnding = _streamsEnding.Token;
        (_options, _time, _log, _member) = (context.Options, context.Time, context.Log, context.Member);
        (_instruments, _execution) = (context.Instruments, context.Execution);
        _termination = new TaskCompletionSource<Exception?>(_execution.Completions);
        _state = new MemberState(context);

        var forwarded = new ForwardedRequests();
        var revokes = new RevokesUnderWay();
        var ids = new RequestIdGenerator(_member.MemberId, _time.GetUtcNow());
        _pending = new PendingRequests(forwarded, _execution);
        Statistics = new RaftStatistics(_time);

        var consensusLog = new ConsensusLog(context.Loggers.CreateLogger<RaftLoop>());
        var heartbeats = new HeartbeatWatch(_options.HeartbeatInterval, _time, _instruments, consensusLog);
        _logStalls = new LogStallWatch(2 * _options.ElectionTimeout, _time, _instruments, consensusLog);
        _loop = Loop(context, forwarded, revokes, ids, consensusLog);
        _loop.Sending += Statistics.Sending;
        _loop.Sending += heartbeats.Sending;
        _loop.ProposalRefused += () => _instruments.CountFailedProposals(1);
        _loop.TickTaken += () => Volatile.Write(ref _tickWaits, 0);

        _member.Snapshots.MeasureSync = sync => _instruments.Measure(_instruments.SnapshotSyncs, sync);
        _member.Snapshots.MeasureDatabaseSync = sync => _instruments.Measure(_instruments.DatabaseSyncs, sync);
        _logWriter = new LogWriter(_member.Wal, _member.Snapshots, _loop.Post, _instruments, _logStalls, _log, _execution, Fault)
        {
            RecordedSnapshot = _member.Snapshot.Metadata.Index,
        };
        _snapshots = new SnapshotTaker(
            _member.Backend, _member.Snapshots, _member.Membership, _member.MemberId, _options.SnapshotCount, _member.Snapshot.Metadata.Index,
            _instruments, _log, _execution, Fault);
        _snapshots.Attach(_logWriter.Post);

        var slowApplies = new SlowApplyLog(_time, _options.WarningApplyDuration, _log, _instruments);
        _applier = Apply(forwarded, revokes, slowApplies);
        _logWriter.InstallWanted = _applier.Post;
        Quotas = new PrefixQuotas(_state.Store, _execution, _applier.RequestSnapshots, _time, _stopping.Token);
        var snapshotLog = new SnapshotLog(context.Loggers.CreateLogger<SnapshotInstaller>());
        _installer = new SnapshotInstaller(
            _member.Backend, _member.Snapshots, _state.Store, _state.Lessor, _state.Alarms, _state.Downgrade, _state.Access.Store, _state.Watches,
            _member.Membership, _time, snapshotLog);
        _dispatch = new SnapshotDispatch(_member.MemberId, _member.Backend, _member.Membership, snapshotLog)
        {
            TurnWanted = _applier.RequestSnapshots,
            Lost = id => _loop.Post(new RaftInput(RaftInputKind.SnapshotLost, Number: id)),
        };
        _loop.SendSnapshot = _dispatch.Request;
        _proposals = new Proposals(_loop, () => _applier.AppliedIndex, _pending, ids, _time, _options, _instruments);
        _space = new SpaceGuard(_member.MemberId, _state.Quota, _state.Alarms, _proposals, _execution, _log);

        _peers = network.Join(
            new PeerIdentity(_member.MemberId, _member.ClusterId, _options.AdvertisePeerUrls),
            new PeerInbox(
                _member.MemberId,
                _loop,
                _member.Membership,
                new SnapshotReceiver(context.Disk, _member.Snapshots, _instruments, _loop.TryReceive),
                Statistics,
                _ => OnRemoved()));
        _others = new MemberPeers(_member, _peers);
        _dispatch.Transport = _peers;
        _handover = new LeadershipHandover(_member.MemberId, _loop, _member.Membership, _peers, _time, _options, _execution, _log);

        var gate = new ReadGate(_loop, _proposals, _execution);
        AccessGuard guard = _state.Access.Guard(_proposals, gate);
        _duties = new MemberDuties(context, _state, _loop, _logWriter, _proposals, gate, guard, _peers, network.Queries);
        _timeoutCause = new TimeoutCause(
            _member.MemberId, () => _loop.Leadership, () => _member.Membership.View, _peers, _time, _options.ElectionTimeout);
        _leadership = new LeadershipEffects(
            _loop, _state.Lessor, revokes, Statistics, heartbeats, _timeoutCause, _duties.Versions, _instruments, _options.ElectionTimeout);
        _loop.LeadershipChanged += _leadership.Changed;

        var forwarding = new LeaderForwarding(network.Queries, _loop, _member.Membership, _time, _options, _execution);
        var rules = new ReconfigurationRules(_member.MemberId, _member.Membership, _peers, _time, _options);
        Headers = new HeaderSource(_member.ClusterId, _member.MemberId, _loop, () => _state.Store.CurrentRevision);
        Access = _state.Access.Recognition(guard, gate, () => _applier.AppliedIndex);
        Auth = _state.Access.Operations(guard, _proposals, gate, Headers);
        KeyValues = new KeyValueOperations(_state.Store, _proposals, gate, guard, _space, Quotas, Headers, slowApplies, _options.TxnOperationsMax);
        Leases = new LeaseOperations(_state.Lessor, _proposals, gate, guard, _space, Headers, _loop, forwarding, revokes);
        Cluster = new ClusterOperations(_member.Membership, gate, Headers, _proposals, _loop, rules, forwarding, _time, _instruments);
        Downgrade = new DowngradeOperations(_state.Downgrade, _member.Membership, _proposals, gate, Headers);
        Maintenance = new MaintenanceOperations(
            _member.Backend, _state.Store, _state.Alarms, _state.Quota, _loop, () => _applier.AppliedIndex, _proposals, gate, Cluster,
            _state.Downgrade, Headers, _handover, _instruments, _log);
        V2 = new V2Operations(_member.Membership.Tree, _loop, _proposals, _time, _state.Quota.LimitBytes);
        V2Access = _state.Access.V2Operations(new V2AccessRecords(_member.Membership.Tree, V2));
        Readings = new MemberReadings(
            _options, _member.Backend, _state.Store, _state.Lessor, _state.Quota, _state.Alarms, _state.Access.Store,
            _member.Membership.Tree.Statistics, _loop, () => _applier.AppliedIndex, _pending, Cluster, _instruments);
    }

    /// <summary>What clients do with keys.</summary>
    public KeyValueOperations KeyValues { get; }

    /// <summary>How much may be stored under prefixes.</summary>
    public PrefixQuotas Quotas { get; }

    /// <summary>Who calls, and what the caller may do.</summary>
    public AccessOperations Access { get; }

    /// <summary>What clients do with users, roles and logins.</summary>
    public AuthOperations Auth { get; }

    /// <summary>What clients do with leases.</summary>
    public LeaseOperations Leases { get; }

    /// <summary>What clients ask about members.</summary>
    public ClusterOperations Cluster { get; }

    /// <summary>Preparing the cluster for an older version.</summary>
    public DowngradeOperations Downgrade { get; }

    /// <summary>What clients of the v2 API do with keys.</summary>
    public V2Operations V2 { get; }

    /// <summary>Users and roles of the v2 API.</summary>
    public V2AccessOperations V2Access { get; }

    /// <summary>Since when the member runs, who leads since when, and how replication goes.</summary>
    public RaftStatistics Statistics { get; }

    /// <summary>What operators ask of this member.</summary>
    public MaintenanceOperations Maintenance { get; }

    /// <summary>What monitoring reads of this member.</summary>
    public MemberReadings Readings { get; }

    /// <summary>Watches on keys.</summary>
    public WatchHub Watches => _state.Watches;

    /// <summary>The way into the log.</summary>
    internal Proposals Proposals => _proposals;

    /// <summary>Hands leadership to other members.</summary>
    internal LeadershipHandover Handover => _handover;

    /// <summary>Fills in reply headers.</summary>
    public HeaderSource Headers { get; }

    /// <summary>Configuration the member was started with.</summary>
    public ServerOptions Options => _options;

    /// <summary>Completes when the member has ended: with <see langword="null"/> when it was asked to or was removed from its cluster, else
    /// with the fault. It must be disposed then.</summary>
    public Task<Exception?> Termination => _termination.Task;

    /// <summary>Whether a leader is known.</summary>
    public bool HasLeader => _loop.Leadership.Leader != 0;

    /// <summary>Whether this member receives the log without a vote; it serves only what needs no confirmed state.</summary>
    public bool IsLearner => _member.Membership.View.Find(_member.MemberId) is { IsLearner: true };

    /// <summary>The clock the member lives by.</summary>
    public TimeProvider Time => _time;

    /// <summary>Whether this member leads, as far as it knows.</summary>
    internal bool IsLeader => _loop.Leadership.IsLeader;

    /// <summary>Latest term this member has seen.</summary>
    internal ulong Term => _loop.Leadership.Term;

    /// <summary>Highest applied index.</summary>
    internal ulong AppliedIndex => _applier.AppliedIndex;

    /// <summary>The store, for checks that look behind the operations.</summary>
    internal MvccStore Store => _state.Store;

    /// <summary>The leases, for the same.</summary>
    internal Lessor Lessor => _state.Lessor;

    /// <summary>Starts a member on what is in its data directory, or founds its cluster if that is empty.</summary>
    /// <exception cref="BootstrapException">The member cannot start; nothing was changed on disk.</exception>
    public static Task<EtcdServer> StartAsync(
        ServerOptions options,
        IFileSystem disk,
        TimeProvider time,
        ILoggerFactory loggers,
        IPeerNetwork network,
        CancellationToken cancellationToken = default) =>
        StartAsync(options, disk, time, loggers, network, Execution.Threads, cancellationToken);

    /// <summary>As the public one, with the work carried out as the caller wants it.</summary>
    internal static async Task<EtcdServer> StartAsync(
        ServerOptions options,
        IFileSystem disk,
        TimeProvider time,
        ILoggerFactory loggers,
        IPeerNetwork network,
        Execution execution,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(disk);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(loggers);
        ArgumentNullException.ThrowIfNull(network);
        var log = new ServerLog(loggers.CreateLogger<EtcdServer>());
        var instruments = new ServerInstruments(time);
        BootstrappedMember member = await new MemberBootstrap(disk, options, time, network.Queries, instruments, log, execution)
            .RunAsync(cancellationToken)
            .ConfigureAwait(false);
        try
        {
            var context = new MemberContext(options, disk, time, loggers, member, instruments, log, execution);
            var server = new EtcdServer(context, network);
            await server.CheckDataAsync(cancellationToken).ConfigureAwait(false);
            server.Run();
            return server;
        }
        catch (Exception failure)
        {
            // What lies in the files is first looked at here: leases, alarms, keys. Nothing has been written yet.
            member.Wal.Dispose();
            member.Backend.Dispose();
            if (failure is BootstrapException or OperationCanceledException)
            {
                throw;
            }

            throw new BootstrapException($"cannot start on the data in {options.DataDirectory}: {failure.Message}", failure);
        }
    }

    /// <summary>Completes once the member has published itself, that is, once the cluster has a leader and takes writes.</summary>
    public Task Published => _duties.Published;

    /// <summary>Hands leadership, if this member has it, to the voter it has reached for longest, and waits for it. For a graceful stop, while
    /// clients are still served.</summary>
    public Task HandOverLeadershipAsync() => _handover.BeforeStopAsync();

    /// <summary>Cancelled when calls without an end of their own (watches, keep-alives) are to end: the member is about to stop.</summary>
    public CancellationToken StreamsEnding { get; }

    /// <summary>Ends all streams with clients: they find another member while this one finishes the rest.</summary>
    public void EndStreams() => _streamsEnding.Cancel();

    /// <summary>Stops: finishes what was handed over, commits the backend and closes the files.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        EndStreams();
        _ticker?.Dispose();
        _pending.Close();
        await _execution.CancelAsync(_stopping).ConfigureAwait(false);

        // A fault among them has been reported where it happened; the files are closed all the same.
        await _background.ConfigureAwait(false);
        _loop.Stop();

        // Before apply: a snapshot that is being sent would keep a defragmentation waiting, and with it the commits that apply may wait for.
        await _peers.DisposeAsync().ConfigureAwait(false);
        _applier.Stop();

        // A snapshot under way still has to be recorded, so the log writer goes after it.
        await _snapshots.StopAsync().ConfigureAwait(false);
        _logWriter.Stop();
        _state.Dispose();
        _member.Backend.Dispose();
        _member.Wal.Dispose();
        _loop.Dispose();
        _logWriter.Dispose();
        _applier.Dispose();
        _streamsEnding.Dispose();
        _stopping.Dispose();
        _termination.TrySetResult(null);
    }

    private RaftLoop Loop(MemberContext context, ForwardedRequests forwarded, RevokesUnderWay revokes, RequestIdGenerator ids, ConsensusLog log)
    {
        RaftNode node = MemberNode.Create(context);
        return new RaftLoop(
            _member.MemberId,
            node,
            new LogTail(_member.Log, node, _options.SnapshotCatchUpEntries, _options.SnapshotCount, _time),
            _member.Snapshot.Metadata.ConfState,
            new StallStepDown(node, _logStalls, _options.ElectionTicks),
            forwarded,
            revokes,
            ids,
            _time,
            log,
            _instruments,
            _options.RequestTimeout,
            _execution,
            Fault);
    }

    // The hooks run once the member does; by then all they name is there.
    private Applier Apply(ForwardedRequests forwarded, RevokesUnderWay revokes, SlowApplyLog slowApplies) => new(
        _member.Backend,
        new RequestApplier(
            _state.Store, _state.Lessor, _state.Alarms, _state.Quota, _state.Membership, _state.Access.Applier, _instruments, _state.Downgrade,
            revokes),
        _state.Membership,
        new V2Applier(_member.Membership.Tree, _state.Membership, _time),
        new ApplyHooks
        {
            PassBegan = OnPassBegan,
            TermBegan = term => _leadership.TermBegan(term),
            ConfigurationChanged = OnConfigurationChanged,
            Install = InstallSnapshot,
            Installed = message => _logWriter.Post(new LogWork(null, null, message)),
            SendSnapshots = applied => _dispatch.SendWanted(applied),
            PassEnded = OnPassEnded,
            SpaceExceeded = (request, waiting, refusal) => _space.RefuseOnceRaised(request, waiting, refusal),
        },
        slowApplies,
        forwarded,
        _member.Snapshot.Metadata,
        _loop.Post,
        _execution,
        Fault,
        _stopping.Token);

    // A member whose data differs from the others' must not vote or serve with it.
    private async Task CheckDataAsync(CancellationToken cancellationToken)
    {
        if (!_options.InitialCorruptCheck || _member.IsNew)
        {
            return;
        }

        try
        {
            await _duties.CheckDataAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // Nothing runs yet that DisposeAsync would wait for.
            await _peers.DisposeAsync().ConfigureAwait(false);
            _state.Dispose();
            throw;
        }
    }

    private void Run()
    {
        _log.StartingServer(
            Member.FormatId(_member.MemberId),
            EtcdVersion.Compatibility,
            _member.Membership.View.ClusterVersion is { Length: > 0 } version ? version : "to_be_decided");
        _logWriter.Start();
        _applier.Start();
        _others.Start();
        _loop.Start(_logWriter, _applier, _peers);
        _ticker = _time.CreateTimer(static state => ((EtcdServer)state!).Tick(), this, TimeSpan.Zero, _options.HeartbeatInterval);
        _background = SuperviseAsync(Task.WhenAll(
            _duties.RunAsync(_stopping.Token), _execution.RunAsync(() => RunWatchesAsync(_stopping.Token))));
        _ = SuperviseAsync(_member.Backend.Completion);
        _execution.RunCompactions(_state.Store);
    }

    private void Tick()
    {
        _logStalls.Look();

        // A loop that is held up by its disk must not find a pile of ticks afterwards: it would take them for a silent leader.
        if (Interlocked.Exchange(ref _tickWaits, 1) == 0)
        {
            _loop.Post(new RaftInput(RaftInputKind.Tick));
        }

        _instruments.CountFailedProposals(_pending.Expire(_time.GetTimestamp(), WhyLate));
    }

    private EtcdErrorCode WhyLate(PendingRequest request) => _timeoutCause.Of(request.Deadline - _proposals.TimeoutTimestamps);

    // Commits and compactions that fail leave a file that cannot be trusted with more; a member whose leases no longer expire, or whose
    // watchers wait for ever, must not look healthy.
    private async Task SuperviseAsync(Task work)
    {
        try
        {
            await work.ConfigureAwait(false);
        }
#pragma warning disable CA1031 // Whatever the fault is, it ends the member.
        catch (Exception failure)
        {
            Fault(failure);
        }
#pragma warning restore CA1031
    }

    private async Task RunWatchesAsync(CancellationToken stopping)
    {
        try
        {
            await _execution.RunWatchesAsync(_state.Watches, stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The member stops.
        }
        catch (IOException failure)
        {
            // History that cannot be read would be missing from what watchers are promised.
            Fault(failure);
        }
    }

    // On the apply thread, with the change in force.
    private void OnConfigurationChanged(ConfChange change)
    {
        if (change.NodeId != _member.MemberId)
        {
            _others.Follow(change);
        }
        else if (change.Type == ConfChangeType.RemoveNode)
        {
            _ = SuperviseAsync(_execution.RunAsync(StopAfterRemovalAsync));
        }
    }

    // The others learn from this member that it has applied its removal; then it goes.
    private async Task StopAfterRemovalAsync()
    {
        try
        {
            await _execution.DelayAsync(DelayAfterRemoval, _time, _stopping.Token).ConfigureAwait(false);
            OnRemoved();
        }
        catch (OperationCanceledException)
        {
            // Somebody was faster.
        }
    }

    private void OnRemoved()
    {
        if (!_stopping.IsCancellationRequested && _termination.TrySetResult(null))
        {
            _log.ServerError("the member has been permanently removed from the cluster");
            _log.DataDirectoryMustBeRemoved();
            _pending.Close();
        }
    }

    private void InstallSnapshot(Snapshot snapshot, ulong appliedIndex)
    {
        Member[] before = _others.Known();
        _instruments.InstallingSnapshot(begins: true);
        _installer.Install(snapshot, appliedIndex);
        Quotas.StoreReplaced();
        _instruments.InstallingSnapshot(begins: false);
        _snapshots.Installed(snapshot.Metadata.Index);
        _others.Replace(before);
    }

    private void OnPassBegan()
    {
        _state.Watches.HoldWakeUps();
        Quotas.PassBegan();
    }

    private void OnPassEnded(ulong appliedIndex, ulong term, ConfState configuration)
    {
        _state.Watches.ReleaseWakeUps();
        _snapshots.PassEnded(appliedIndex, term, configuration);
    }

    private void Fault(Exception failure)
    {
        // Whatever failed, and whenever: a stop must not wait for a snapshot that is never recorded.
        _snapshots.Abandon();

        // One fault is often followed by others that it causes; the first says what happened.
        if (!_stopping.IsCancellationRequested && _termination.TrySetResult(failure))
        {
            _log.Faulted(failure.Message);
            _pending.Close();
        }
    }
}
