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
using Etcd.Server.Compaction;
using Etcd.Server.Consensus;
using Etcd.Server.Integrity;
using Etcd.Server.Leases;
using Etcd.Server.Limits;
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
    private const ulong UncommittedBytesMax = 1UL << 30;
    private const ulong CommittedBytesPerReadyMax = 16UL << 20;
    private const int InflightMessagesMax = 512;

    private static readonly TimeSpan DelayAfterRemoval = TimeSpan.FromSeconds(1);

    private readonly ServerOptions _options;
    private readonly TimeProvider _time;
    private readonly ServerLog _log;
    private readonly Execution _execution;
    private readonly ServerInstruments _instruments;
    private readonly BootstrappedMember _member;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _streamsEnding = new();
    private readonly TaskCompletionSource<Exception?> _termination;
    private readonly ForwardedRequests _forwarded = new();
    private readonly PendingRequests _pending;
    private readonly Lessor _lessor;
    private readonly MemberAccess _access;
    private readonly MvccStore _store;
    private readonly WatchHub _watches;
    private readonly RaftLoop _loop;
    private readonly HeartbeatWatch _heartbeats;
    private readonly LogStallWatch _logStalls;
    private readonly LogWriter _logWriter;
    private readonly Applier _applier;
    private readonly Proposals _proposals;
    private readonly SnapshotTaker _snapshots;
    private readonly SnapshotInstaller _installer;
    private readonly SnapshotDispatch _dispatch;
    private readonly SpaceGuard _space;
    private readonly SpaceAlarmRelease _spaceAlarm;
    private readonly RevokesUnderWay _revokes = new();
    private readonly LeaseExpiry _leaseExpiry;
    private readonly LeaseCheckpointing _leaseCheckpoints;
    private readonly AutoCompactor _compactor;
    private readonly FilePurging _purging;
    private readonly V2KeyExpiry _v2Expiry;
    private readonly ClusterVersionMonitor _versions;
    private readonly MemberPublisher _publisher;
    private readonly InitialHashCheck _initialCheck;
    private readonly IntegrityMonitor _integrity;
    private readonly LeadershipHandover _handover;
    private readonly TimeoutCause _timeoutCause;
    private readonly ElectionHeadStart _headStart;
    private readonly LeadershipEffects _leadership;
    private readonly IPeerTransport _peers;
    private readonly MemberPeers _others;

    private ITimer? _ticker;
    private int _tickWaits;
    private Task _background = Task.CompletedTask;
    private int _disposed;

    private EtcdServer(
        ServerOptions options,
        IFileSystem disk,
        TimeProvider time,
        ILoggerFactory loggers,
        BootstrappedMember member,
        IPeerNetwork network,
        ServerInstruments instruments,
        ServerLog log,
        Execution execution)
    {
        StreamsEnding = _streamsEnding.Token;
        _options = options;
        _time = time;
        _log = log;
        _member = member;
        _instruments = instruments;
        _execution = execution;
        _termination = new TaskCompletionSource<Exception?>(execution.Completions);
        _pending = new PendingRequests(_forwarded, execution);

        Backend backend = member.Backend;
        _lessor = new Lessor(
            new BackendLeaseRecords(backend),
            time,
            new LessorOptions
            {
                TtlSecondsMin = options.LeaseTtlSecondsMin,
                CheckpointInterval = options.LeaseCheckpoints ? options.LeaseCheckpointInterval : TimeSpan.Zero,
                PersistCheckpoints = options.LeaseCheckpointsPersist,
                Completions = execution.Completions,
            });
        _lessor.Recover();
        _access = new MemberAccess(backend, _lessor, options, member.Membership, member.ClusterId, time, loggers, execution);

        // What a first start writes belongs to no entry of the log; it must not keep a received snapshot from being installed.
        backend.EndEntry(backend.ConsistentIndex, backend.ConsistentTerm);
        _store = MvccStore.Open(backend, _lessor, new MvccOptions
        {
            CompactionBatchLimit = options.CompactionBatchLimit,
            CompactionSleepInterval = options.CompactionSleepInterval,
            CompactsInBackground = execution.HasThreads,
            Time = time,
            Observer = _instruments.Compactions,
        });
        _log.StoreRestored(_store.CurrentRevision);
        _log.ConsistentIndex(backend.ConsistentIndex);
        _instruments.Compactions.Log = new CompactionLog(backend, log);
        _watches = new WatchHub(_store, time, new WatchOptions
        {
            ProgressInterval = options.WatchProgressInterval,
            ResponseBytesMax = options.RequestBytesMax,
            Seed = unchecked((int)options.Seed),
        });
        _store.AttachEventSink(_watches);

        member.Snapshots.MeasureSync = sync => _instruments.Measure(_instruments.SnapshotSyncs, sync);
        member.Snapshots.MeasureDatabaseSync = sync => _instruments.Measure(_instruments.DatabaseSyncs, sync);
        var alarms = new AlarmStore(backend) { Log = log };
        var downgrade = new DowngradeStore(backend);
        var quota = new BackendQuota(backend, options.QuotaBackendBytes);
        var membershipApplier = new MembershipApplier(backend, member.Membership, options.LearnersMax, log);
        var node = new RaftNode(options.ConsensusOptions(new RaftOptions
        {
            Id = member.MemberId,
            ElectionTicks = options.ElectionTicks,
            HeartbeatTicks = 1,
            Storage = member.Log,
            Applied = member.Snapshot.Metadata.Index,
            AsyncStorageWrites = true,
            UncommittedBytesMax = UncommittedBytesMax,
            CommittedBytesPerReadyMax = CommittedBytesPerReadyMax,
            InflightMessagesMax = InflightMessagesMax,
            CheckQuorum = true,
            PreVote = options.PreVote,
            Seed = options.Seed ^ member.MemberId,
            Observer = new RaftEventLog(member.MemberId, loggers.CreateLogger<RaftNode>()),
        }));
        var ids = new RequestIdGenerator(member.MemberId, time.GetUtcNow());
        var consensusLog = new ConsensusLog(loggers.CreateLogger<RaftLoop>());
        _logStalls = new LogStallWatch(2 * options.ElectionTimeout, time, _instruments, consensusLog);
        _loop = new RaftLoop(
            member.MemberId, node, new LogTail(member.Log, node, options.SnapshotCatchUpEntries, options.SnapshotCount, time),
            member.Snapshot.Metadata.ConfState, new StallStepDown(node, _logStalls, options.ElectionTicks), _forwarded, _revokes, ids, time, consensusLog, _instruments,
            options.RequestTimeout, execution, Fault);
        Statistics = new RaftStatistics(time);
        _loop.Sending += Statistics.Sending;
        _heartbeats = new HeartbeatWatch(options.HeartbeatInterval, time, _instruments, consensusLog);
        _loop.Sending += _heartbeats.Sending;
        _loop.ProposalRefused += () => _instruments.CountFailedProposals(1);
        _loop.TickTaken += () => Volatile.Write(ref _tickWaits, 0);
        _logWriter = new LogWriter(member.Wal, member.Snapshots, _loop.Post, _instruments, _logStalls, log, execution, Fault);
        _snapshots = new SnapshotTaker(
            backend, member.Snapshots, member.Membership, member.MemberId, options.SnapshotCount, member.Snapshot.Metadata.Index, _instruments,
            log, execution, Fault);
        _snapshots.Attach(_logWriter.Post);
        var slowApplies = new SlowApplyLog(time, options.WarningApplyDuration, log, _instruments);
        _applier = new Applier(
            backend,
            new RequestApplier(_store, _lessor, alarms, quota, membershipApplier, _access.Applier, _instruments, downgrade, _revokes),
            membershipApplier,
            new V2Applier(member.Membership.Tree, membershipApplier, time),
            new ApplyHooks
            {
                PassBegan = OnPassBegan,
                TermBegan = term => _leadership!.TermBegan(term),
                ConfigurationChanged = OnConfigurationChanged,
                Install = InstallSnapshot,
                Installed = message => _logWriter!.Post(new LogWork(null, null, message)),
                SendSnapshots = applied => _dispatch!.SendWanted(applied),
                PassEnded = OnPassEnded,
                SpaceExceeded = (request, waiting, refusal) => _space!.RefuseOnceRaised(request, waiting, refusal),
            },
            slowApplies,
            _forwarded,
            member.Snapshot.Metadata,
            _loop.Post,
            execution,
            Fault,
            _stopping.Token);
        _logWriter.InstallWanted = _applier.Post;
        Quotas = new PrefixQuotas(_store, execution, _applier.RequestSnapshots, time, _stopping.Token);
        var snapshotLog = new SnapshotLog(loggers.CreateLogger<SnapshotInstaller>());
        _installer = new SnapshotInstaller(
            backend, member.Snapshots, _store, _lessor, alarms, downgrade, _access.Store, _watches, member.Membership, time, snapshotLog);
        _dispatch = new SnapshotDispatch(member.MemberId, backend, member.Membership, snapshotLog)
        {
            TurnWanted = _applier.RequestSnapshots,
            Lost = id => _loop.Post(new RaftInput(RaftInputKind.SnapshotLost, Number: id)),
        };
        _loop.SendSnapshot = _dispatch.Request;
        _proposals = new Proposals(
            _loop, () => _applier.AppliedIndex, _pending, ids, time, options, _instruments);
        _space = new SpaceGuard(member.MemberId, quota, alarms, _proposals, execution, log);
        _spaceAlarm = new SpaceAlarmRelease(member.MemberId, options, quota, alarms, _proposals, time, log);

        _peers = network.Join(
            new PeerIdentity(member.MemberId, member.ClusterId, options.AdvertisePeerUrls),
            new PeerInbox(
                member.MemberId,
                _loop,
                member.Membership,
                new SnapshotReceiver(disk, member.Snapshots, _instruments, _loop.TryReceive),
                Statistics,
                _ => OnRemoved()));
        _others = new MemberPeers(member, _peers);
        _dispatch.Transport = _peers;
        _handover = new LeadershipHandover(member.MemberId, _loop, member.Membership, _peers, time, options, execution, log);
        var forwarding = new LeaderForwarding(network.Queries, _loop, member.Membership, time, options, execution);
        var rules = new ReconfigurationRules(member.MemberId, member.Membership, _peers, time, options);
        var gate = new ReadGate(_loop, _proposals, execution);
        Headers = new HeaderSource(member.ClusterId, member.MemberId, _loop, () => _store.CurrentRevision);
        AccessGuard guard = _access.Guard(_proposals, gate);
        Access = _access.Recognition(guard, gate, () => _applier.AppliedIndex);
        Auth = _access.Operations(guard, _proposals, gate, Headers);
        KeyValues = new KeyValueOperations(_store, _proposals, gate, guard, _space, Quotas, Headers, slowApplies, options.TxnOperationsMax);
        Leases = new LeaseOperations(_lessor, _proposals, gate, guard, _space, Headers, _loop, forwarding, _revokes);
        Cluster = new ClusterOperations(member.Membership, gate, Headers, _proposals, _loop, rules, forwarding, time, _instruments);
        Downgrade = new DowngradeOperations(downgrade, member.Membership, _proposals, gate, Headers);
        Maintenance = new MaintenanceOperations(
            backend, _store, alarms, quota, _loop, () => _applier.AppliedIndex, _proposals, gate, Cluster, downgrade, Headers, _handover, _instruments, log);

        Readings = new MemberReadings(
            options, backend, _store, _lessor, quota, alarms, _access.Store, member.Membership.Tree.Statistics, _loop,
            () => _applier.AppliedIndex, _pending, Cluster, _instruments);
        _leaseExpiry = new LeaseExpiry(_lessor, _loop, _proposals, () => guard.Itself, time, _instruments, log);
        _leaseCheckpoints = new LeaseCheckpointing(_lessor, _loop, _proposals, time, log);
        _compactor = new AutoCompactor(options.AutoCompaction, () => _store.CurrentRevision, _loop, _proposals, time, log);
        _v2Expiry = new V2KeyExpiry(member.Membership.Tree, _loop, _proposals, time);
        V2 = new V2Operations(member.Membership.Tree, _loop, _proposals, time, quota.LimitBytes);
        V2Access = _access.V2Operations(new V2AccessRecords(member.Membership.Tree, V2));
        _purging = new FilePurging(FilePurging.PurgersFor(disk, options), options.FilePurgeInterval, time, log);
        _versions = new ClusterVersionMonitor(
            member.MemberId, options, member.Membership, network.Queries, _proposals, _loop, time, execution, log);
        _publisher = new MemberPublisher(member.MemberId, options, member.Membership, _proposals, _versions, time, execution, log);
        var integrityLog = new IntegrityLog(loggers.CreateLogger<IntegrityMonitor>());
        var hashes = new PeerHashes(member.MemberId, member.ClusterId, options, network.Queries, time, integrityLog);
        var alarm = new CorruptionAlarm(alarms, _proposals, log);
        _initialCheck = new InitialHashCheck(member.MemberId, options, backend, _store, member.Membership, hashes, integrityLog);
        _integrity = new IntegrityMonitor(
            member.MemberId,
            options,
            _loop,
            new PeriodicHashCheck(member.MemberId, _store, member.Membership, hashes, gate, alarm, integrityLog),
            new CompactionHashCheck(member.MemberId, options, _store, member.Membership, hashes, alarm, integrityLog),
            time,
            integrityLog);
        _headStart = new ElectionHeadStart(_loop, _peers, options, time, execution, log);
        _timeoutCause = new TimeoutCause(
            member.MemberId, () => _loop.Leadership, () => member.Membership.View, _peers, time, options.ElectionTimeout);
        _leadership = new LeadershipEffects(
            _loop, _lessor, _revokes, Statistics, _heartbeats, _timeoutCause, _versions, _instruments, options.ElectionTimeout);
        _loop.LeadershipChanged += _leadership.Changed;
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
    public WatchHub Watches => _watches;

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
    internal MvccStore Store => _store;

    /// <summary>The leases, for the same.</summary>
    internal Lessor Lessor => _lessor;

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
            var server = new EtcdServer(options, disk, time, loggers, member, network, instruments, log, execution);
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
    public Task Published { get; private set; } = Task.CompletedTask;

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
        _access.Dispose();
        _store.Dispose();
        _member.Backend.Dispose();
        _member.Wal.Dispose();
        _loop.Dispose();
        _logWriter.Dispose();
        _applier.Dispose();
        _streamsEnding.Dispose();
        _stopping.Dispose();
        _termination.TrySetResult(null);
    }

    // A member whose data differs from the others' must not vote or serve with it.
    private async Task CheckDataAsync(CancellationToken cancellationToken)
    {
        if (!_options.InitialCorruptCheck || _member.IsNew)
        {
            return;
        }

        try
        {
            await _initialCheck.RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // Nothing runs yet that DisposeAsync would wait for.
            await _peers.DisposeAsync().ConfigureAwait(false);
            _access.Dispose();
            _store.Dispose();
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
        Published = _execution.RunAsync(() => _publisher.PublishAsync(_stopping.Token));
        _background = SuperviseAsync(Task.WhenAll(
            Published,
            _execution.RunAsync(() => _headStart.RunAsync([.. _member.Peers.Select(peer => peer.Id)], _stopping.Token)),
            _execution.RunAsync(() => _versions.RunAsync(_stopping.Token)),
            _execution.RunAsync(() => _leaseExpiry.RunAsync(_stopping.Token)),
            _options.LeaseCheckpoints ? _execution.RunAsync(() => _leaseCheckpoints.RunAsync(_stopping.Token)) : Task.CompletedTask,
            _execution.RunAsync(() => _compactor.RunAsync(_stopping.Token)),
            _execution.RunAsync(() => _v2Expiry.RunAsync(_stopping.Token)),
            _execution.RunAsync(() => _spaceAlarm.RunAsync(_stopping.Token)),
            _execution.RunAsync(() => _purging.RunAsync(_stopping.Token)),
            _integrity.RunAsync(_execution, _stopping.Token),
            _execution.RunAsync(() => RunWatchesAsync(_stopping.Token))));
        _ = SuperviseAsync(_member.Backend.Completion);
        _execution.RunCompactions(_store);
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
            await _execution.RunWatchesAsync(_watches, stopping).ConfigureAwait(false);
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
        _watches.HoldWakeUps();
        Quotas.PassBegan();
    }

    private void OnPassEnded(ulong appliedIndex, ulong term, ConfState configuration)
    {
        _watches.ReleaseWakeUps();
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
