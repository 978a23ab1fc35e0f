using Etcd.Auth;
using Etcd.Lease;
using Etcd.Mvcc;
using Etcd.Mvcc.Watch;
using Etcd.Raft;
using Etcd.Server.Limits;
using Etcd.Server.Membership;
using Etcd.Wal;

namespace Etcd.Server.Snapshots;

/// <summary>Puts a received snapshot in the place of all that this member had applied. Apply thread, between two entries.</summary>
/// <remarks>
/// The snapshot's record and its database are durable when this begins, so a crash at any step ends in a restart that installs it
/// (<see cref="ResumeInstallation"/>). Everything that is kept in memory and comes from the backend or from the v2 tree is read again here:
/// what is forgotten makes this member decide differently from the others (incident #14571).
/// </remarks>
internal sealed class SnapshotInstaller
{
    private readonly Backend _backend;
    private readonly SnapshotStore _snapshots;
    private readonly MvccStore _store;
    private readonly Lessor _lessor;
    private readonly AlarmStore _alarms;
    private readonly DowngradeStore _downgrade;
    private readonly AuthStore _auth;
    private readonly WatchHub _watches;
    private readonly ClusterMembership _membership;
    private readonly TimeProvider _time;
    private readonly SnapshotLog _log;

    internal SnapshotInstaller(
        Backend backend,
        SnapshotStore snapshots,
        MvccStore store,
        Lessor lessor,
        AlarmStore alarms,
        DowngradeStore downgrade,
        AuthStore auth,
        WatchHub watches,
        ClusterMembership membership,
        TimeProvider time,
        SnapshotLog log)
    {
        _backend = backend;
        _snapshots = snapshots;
        _store = store;
        _lessor = lessor;
        _alarms = alarms;
        _downgrade = downgrade;
        _auth = auth;
        _watches = watches;
        _membership = membership;
        _time = time;
        _log = log;
    }

    /// <summary>Installs a snapshot.</summary>
    /// <param name="snapshot">The snapshot; its database lies in the snapshot directory.</param>
    /// <param name="appliedIndex">How far this member had applied the log.</param>
    /// <exception cref="InvalidDataException">The database is missing or does not belong to the snapshot: the member must stop.</exception>
    internal void Install(Snapshot snapshot, ulong appliedIndex)
    {
        ulong index = snapshot.Metadata.Index;
        long started = _time.GetTimestamp();
        _log.Applying(appliedIndex, index, snapshot.Metadata.Term);
        string path = _snapshots.FindDatabase(index)
            ?? throw new InvalidDataException($"the database of the snapshot at log index {index} is missing from the snapshot directory");
        _backend.Install(path);
        if (_backend.ConsistentIndex < index)
        {
            throw new InvalidDataException(
                $"database {path} is at log index {_backend.ConsistentIndex}, behind the snapshot at {index} that it came with");
        }

        // The lessor knows its leases before the store hangs keys on them, and watchers go on when the store can answer them.
        _lessor.Recover();
        _store.Reload();
        _watches.Restore(_store);
        _alarms.Recover();
        _downgrade.Recover();
        _auth.Recover();
        _membership.Recover(snapshot.Data);
        _snapshots.DeleteDatabasesBelow(index);
        _log.Applied(index, _store.CurrentRevision, $"{_time.GetElapsedTime(started).TotalSeconds:0.###}s");
    }

    /// <summary>At a start: completes an installation that a crash has interrupted between the snapshot's record and the exchange of the file.</summary>
    /// <returns><see langword="false"/> when the backend is behind the snapshot and the snapshot's database is not there.</returns>
    internal static bool ResumeInstallation(Backend backend, SnapshotStore snapshots, Snapshot snapshot, ServerLog log)
    {
        ulong index = snapshot.Metadata.Index;
        if (backend.ConsistentIndex < index && snapshots.FindDatabase(index) is { } path)
        {
            log.ResumingInstallation(path, backend.ConsistentIndex, index);
            backend.Install(path);
        }

        return backend.ConsistentIndex >= index;
    }
}
