using Etcd.Peer;
using Etcd.Server.Access;
using Etcd.Server.Bootstrap;
using Etcd.Server.Compaction;
using Etcd.Server.Consensus;
using Etcd.Server.Integrity;
using Etcd.Server.Leases;
using Etcd.Server.Limits;
using Etcd.Server.Membership;
using Etcd.Server.Pumps;
using Etcd.Server.Snapshots;
using Etcd.Server.V2Api;

using Microsoft.Extensions.Logging;

namespace Etcd.Server.Composition;

/// <summary>What a member does unasked, beside apply: it publishes itself, agrees on the version, ends leases and v2 keys, compacts, removes old
/// files, takes back its alarm, compares data.</summary>
internal sealed class MemberDuties
{
    private readonly ServerOptions _options;
    private readonly Execution _execution;
    private readonly ulong[] _peersAtStart;
    private readonly MemberPublisher _publisher;
    private readonly ElectionHeadStart _headStart;
    private readonly LeaseExpiry _leaseExpiry;
    private readonly LeaseCheckpointing _leaseCheckpoints;
    private readonly AutoCompactor _compactor;
    private readonly V2KeyExpiry _v2Expiry;
    private readonly SpaceAlarmRelease _spaceAlarm;
    private readonly FilePurging _purging;
    private readonly InitialHashCheck _initialCheck;
    private readonly IntegrityMonitor _integrity;

    internal MemberDuties(
        MemberContext context,
        MemberState state,
        RaftLoop loop,
        LogWriter logWriter,
        Proposals proposals,
        ReadGate gate,
        AccessGuard guard,
        IPeerTransport peers,
        IPeerQueries queries)
    {
        (ServerOptions options, TimeProvider time, ServerLog log) = (context.Options, context.Time, context.Log);
        BootstrappedMember member = context.Member;
        _options = options;
        _execution = context.Execution;
        _peersAtStart = [.. member.Peers.Select(peer => peer.Id)];

        Versions = new ClusterVersionMonitor(
            member.MemberId, options, member.Membership, queries, proposals, loop, time, _execution, log);
        _publisher = new MemberPublisher(member.MemberId, options, member.Membership, proposals, Versions, time, _execution, log);
        _headStart = new ElectionHeadStart(loop, peers, options, time, _execution, log);
        _leaseExpiry = new LeaseExpiry(state.Lessor, loop, proposals, () => guard.Itself, time, context.Instruments, log);
        _leaseCheckpoints = new LeaseCheckpointing(state.Lessor, loop, proposals, time, log);
        _compactor = new AutoCompactor(options.AutoCompaction, () => state.Store.CurrentRevision, loop, proposals, time, log);
        _v2Expiry = new V2KeyExpiry(member.Membership.Tree, loop, proposals, time);
        _spaceAlarm = new SpaceAlarmRelease(member.MemberId, options, state.Quota, state.Alarms, proposals, time, log);
        _purging = new FilePurging(
            FilePurging.PurgersFor(context.Disk, options, () => logWriter.RecordedSnapshot),
            member.Snapshots,
            () => member.Backend.ConsistentIndex,
            options.FilePurgeInterval,
            time,
            log);

        var integrityLog = new IntegrityLog(context.Loggers.CreateLogger<IntegrityMonitor>());
        var hashes = new PeerHashes(member.MemberId, member.ClusterId, options, queries, time, integrityLog);
        var alarm = new CorruptionAlarm(state.Alarms, proposals, log);
        _initialCheck = new InitialHashCheck(
            member.MemberId, options, member.Backend, state.Store, member.Membership, hashes, integrityLog);
        _integrity = new IntegrityMonitor(
            member.MemberId,
            options,
            loop,
            new PeriodicHashCheck(member.MemberId, state.Store, member.Membership, hashes, gate, alarm, integrityLog),
            new CompactionHashCheck(member.MemberId, options, state.Store, member.Membership, hashes, alarm, integrityLog),
            time,
            integrityLog);
    }

    /// <summary>Agrees on the cluster's version; it also hears when a term of this member's begins.</summary>
    internal ClusterVersionMonitor Versions { get; }

    /// <summary>Completes once the member has published itself.</summary>
    internal Task Published { get; private set; } = Task.CompletedTask;

    /// <summary>Compares the member's data with the others', where the options ask for it, before it votes or serves.</summary>
    /// <exception cref="BootstrapException">Another member has other data at the same revision.</exception>
    internal Task CheckDataAsync(CancellationToken cancellationToken) => _initialCheck.RunAsync(cancellationToken);

    /// <summary>Does all of it until cancelled. A fault of one ends the task with that fault.</summary>
    internal Task RunAsync(CancellationToken stopping)
    {
        Published = _execution.RunAsync(() => _publisher.PublishAsync(stopping));
        return Task.WhenAll(
            Published,
            _execution.RunAsync(() => _headStart.RunAsync(_peersAtStart, stopping)),
            _execution.RunAsync(() => Versions.RunAsync(stopping)),
            _execution.RunAsync(() => _leaseExpiry.RunAsync(stopping)),
            _options.LeaseCheckpoints ? _execution.RunAsync(() => _leaseCheckpoints.RunAsync(stopping)) : Task.CompletedTask,
            _execution.RunAsync(() => _compactor.RunAsync(stopping)),
            _execution.RunAsync(() => _v2Expiry.RunAsync(stopping)),
            _execution.RunAsync(() => _spaceAlarm.RunAsync(stopping)),
            _execution.RunAsync(() => _purging.RunAsync(stopping)),
            _integrity.RunAsync(_execution, stopping));
    }
}
