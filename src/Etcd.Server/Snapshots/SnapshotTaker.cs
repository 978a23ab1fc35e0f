using Etcd.Mvcc;
using Etcd.Raft;
using Etcd.Server.Consensus;
using Etcd.Server.Membership;
using Etcd.Server.Observation;
using Etcd.Server.Pumps;
using Etcd.V2.Dump;
using Etcd.Wal;

namespace Etcd.Server.Snapshots;

/// <summary>Shortens the log on disk: every so many entries it commits the backend, writes a <c>.snap</c> file and records it in the WAL,
/// so that a restart reads only what came after.</summary>
/// <remarks>The backend is committed first: its consistent index must not be behind the snapshot, or a restart would miss entries.</remarks>
internal sealed class SnapshotTaker
{
    private readonly Backend _backend;
    private readonly SnapshotStore _store;
    private readonly ClusterMembership _membership;
    private readonly ulong _memberId;
    private readonly ulong _entriesBetween;
    private readonly ServerInstruments _instruments;
    private readonly ServerLog _log;
    private readonly Execution _execution;
    private readonly Action<Exception> _fault;

    private readonly TaskCompletionSource _abandoned;

    private Action<LogWork> _record = static _ => { };
    private ulong _lastIndex;
    private Task _running = Task.CompletedTask;

    internal SnapshotTaker(
        Backend backend,
        SnapshotStore store,
        ClusterMembership membership,
        ulong memberId,
        ulong entriesBetween,
        ulong lastIndex,
        ServerInstruments instruments,
        ServerLog log,
        Execution execution,
        Action<Exception> fault)
    {
        _backend = backend;
        _store = store;
        _membership = membership;
        _memberId = memberId;
        _entriesBetween = entriesBetween;
        _lastIndex = lastIndex;
        _instruments = instruments;
        _log = log;
        _execution = execution;
        _fault = fault;
        _abandoned = new TaskCompletionSource(execution.Completions);
    }

    /// <summary>Names the log writer.</summary>
    internal void Attach(Action<LogWork> record) => _record = record;

    /// <summary>Called on the apply thread after each pass.</summary>
    internal void PassEnded(ulong appliedIndex, ulong term, ConfState configuration)
    {
        if (appliedIndex - _lastIndex <= _entriesBetween || !_running.IsCompleted)
        {
            return;
        }

        _log.TriggeringSnapshot(Member.FormatId(_memberId), appliedIndex, _lastIndex, _entriesBetween);
        _lastIndex = appliedIndex;
        var metadata = new SnapshotMetadata(appliedIndex, term, configuration);

        // The dump shares the tree with apply; its JSON, which takes long for many keys, is made beside it.
        V2Dump dump = _membership.Tree.TakeDump();
        _running = _execution.RunAsync(() => TakeAsync(metadata, dump));
    }

    /// <summary>Called on the apply thread when a received snapshot was installed: it stands on disk already.</summary>
    internal void Installed(ulong index) => _lastIndex = index;

    /// <summary>Called when the member has failed: a snapshot under way is not waited for. Without its record it is merely not used.</summary>
    internal void Abandon() => _abandoned.TrySetResult();

    /// <summary>Waits for a snapshot under way.</summary>
    internal Task StopAsync() => _running;

    private async Task TakeAsync(SnapshotMetadata metadata, V2Dump dump)
    {
        try
        {
            long began = _instruments.Timestamp();
            var snapshot = new Snapshot(metadata, dump.ToJson());
            _instruments.SnapshotEncodings.Record(_instruments.Since(began));
            await _backend.CommitAsync(CancellationToken.None).ConfigureAwait(false);
            _instruments.Measure(_instruments.SnapshotSaves, () => _store.Save(snapshot));
            var mark = new WalSnapshot(snapshot.Metadata.Index, snapshot.Metadata.Term, snapshot.Metadata.ConfState);
            var record = new SnapshotRecord(mark, _execution.Completions);
            _record(new LogWork(null, record));

            // A log writer that has failed records nothing more, and a stop must not wait for it.
            if (await Task.WhenAny(record.Recorded, _abandoned.Task).ConfigureAwait(false) == record.Recorded)
            {
                _log.SavedSnapshot(snapshot.Metadata.Index);
                _store.DeleteDatabasesBelow(snapshot.Metadata.Index);
            }
        }
#pragma warning disable CA1031 // A snapshot that cannot be saved means a disk that cannot be trusted: the member stops, whatever the reason.
        catch (Exception failure)
        {
            _fault(failure);
        }
#pragma warning restore CA1031
    }
}
