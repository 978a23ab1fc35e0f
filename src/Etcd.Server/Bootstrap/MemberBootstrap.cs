using System.Diagnostics.CodeAnalysis;

using Etcd.Disk;
using Etcd.Mvcc;
using Etcd.Peer;
using Etcd.Protocol.Replication;
using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Server.Membership;
using Etcd.Server.Observation;
using Etcd.Server.Operations;
using Etcd.Server.Pumps;
using Etcd.Server.Snapshots;
using Etcd.V2;
using Etcd.Wal;

using Google.Protobuf;

namespace Etcd.Server.Bootstrap;

/// <summary>Brings a member from what is on its disk to the state it starts from.</summary>
internal sealed class MemberBootstrap
{
    private static readonly TimeSpan AskNewPatience = TimeSpan.FromSeconds(1);

    private readonly IFileSystem _disk;
    private readonly ServerOptions _options;
    private readonly TimeProvider _time;
    private readonly IPeerQueries _queries;
    private readonly ServerInstruments _instruments;
    private readonly ServerLog _log;
    private readonly Execution _execution;
    private readonly DataDirectory _directory;

    internal MemberBootstrap(
        IFileSystem disk,
        ServerOptions options,
        TimeProvider time,
        IPeerQueries queries,
        ServerInstruments instruments,
        ServerLog log,
        Execution execution)
    {
        _disk = disk;
        _options = options;
        _time = time;
        _queries = queries;
        _instruments = instruments;
        _log = log;
        _execution = execution;
        _directory = new DataDirectory(options.DataDirectory, options.WalDirectory);
    }

    /// <summary>Opens everything.</summary>
    /// <exception cref="BootstrapException">The disk holds something this member cannot start on; nothing was changed.</exception>
    internal async Task<BootstrappedMember> RunAsync(CancellationToken cancellationToken)
    {
        _directory.Prepare(_disk);
        Backend? backend = null;
        try
        {
            // The backend's lock is taken first: it tells a second process on the same directory before anything else is opened.
            backend = OpenBackend();
            var snapshots = new SnapshotStore(_disk, _directory.Snapshots);

            // Only the owner of the lock may take unfinished files for leftovers: they may be another process's work under way.
            snapshots.RemoveLeftovers();
            Defragmentation.RunIfWorthIt(backend, _options.StartDefragmentationMegabytes, _instruments, _log);
            return WriteAheadLog.Exists(_disk, _directory.Wal)
                ? Restart(backend, snapshots)
                : await CreateAsync(backend, snapshots, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not BootstrapException)
        {
            backend?.Dispose();
            throw new BootstrapException(failure.Message, failure);
        }
        catch
        {
            backend?.Dispose();
            throw;
        }
    }

    private Backend OpenBackend()
    {
        long started = _time.GetTimestamp();
        Backend backend = Backend.Open(_disk, _directory.Backend, new BackendOptions
        {
            BatchInterval = _options.BackendBatchInterval,
            BatchLimit = _options.BackendBatchLimit,
            Reclaim = new ReclaimOptions
            {
                BytesPerSecond = _options.BackendReclaimBytesPerSecond,
                FreeBytesMin = _options.BackendReclaimFreeBytesMin,
            },
            UnsafeNoSync = _options.UnsafeNoSync,
            CommitObserver = _instruments.BackendCommits.Record,
            CommitsOnOwnThread = _execution.HasThreads,
            Time = _time,
        });
        _log.OpenedBackend(_directory.Backend, $"{_time.GetElapsedTime(started).TotalMilliseconds:0.###}ms");
        return backend;
    }

    private async Task<BootstrappedMember> CreateAsync(Backend backend, SnapshotStore snapshots, CancellationToken cancellationToken)
    {
        if (backend.ConsistentIndex > 0)
        {
            throw new BootstrapException(
                $"{_directory.Backend} holds data up to log index {backend.ConsistentIndex}, but there is no write-ahead log in {_directory.Wal}");
        }

        InitialMembers configured = InitialMembers.Of(_options);
        if (_options.JoinsExistingCluster)
        {
            (ulong clusterId, InitialMembers members) = await new ClusterJoining(_queries, _time)
                .RunAsync(configured, cancellationToken)
                .ConfigureAwait(false);
            return Join(clusterId, members, backend, snapshots);
        }

        await configured.CheckAdvertisedAsync(_options.AdvertisePeerUrls, _time, cancellationToken).ConfigureAwait(false);
        await RefuseIfBootstrappedAsync(configured, cancellationToken).ConfigureAwait(false);
        var metadata = new Metadata { NodeID = configured.Self.Id, ClusterID = configured.ClusterId };
        WriteAheadLog wal = WriteAheadLog.Create(_disk, _directory.Wal, metadata.ToByteArray(), WalOptions());
        return Begin(metadata, configured, wal, backend, snapshots);
    }

    // A member that has lost its data must not come back as if it had never promised anything.
    private async Task RefuseIfBootstrappedAsync(InitialMembers configured, CancellationToken cancellationToken)
    {
        PeerClusterAnswer? running = await new RunningCluster(_queries, _time)
            .FindAsync(configured.Others, AskNewPatience, cancellationToken)
            .ConfigureAwait(false);
        if (running?.Members.Any(member => member.Id == configured.Self.Id && member.ClientUrls.Count > 0) ?? false)
        {
            throw new BootstrapException($"member {Member.FormatId(configured.Self.Id)} has already been bootstrapped");
        }
    }

    // The log is the cluster's: its leader sends it, beginning with the changes that made the cluster what it is.
    private BootstrappedMember Join(ulong clusterId, InitialMembers members, Backend backend, SnapshotStore snapshots)
    {
        ulong self = members.Self.Id;
        var metadata = new Metadata { NodeID = self, ClusterID = clusterId };
        WriteAheadLog wal = WriteAheadLog.Create(_disk, _directory.Wal, metadata.ToByteArray(), WalOptions());
        _log.StartingLocalMember(Member.FormatId(self), Member.FormatId(clusterId));
        return new BootstrappedMember(
            self, clusterId, IsNew: true, wal, new MemoryLog(), Snapshot.None, default, backend, snapshots,
            new ClusterMembership(clusterId, V2NameSpaces.NewStore()), members.Others, members.Others);
    }

    // The first entries of a cluster are the changes that add its members, committed by definition.
    private BootstrappedMember Begin(
        Metadata metadata, InitialMembers members, WriteAheadLog wal, Backend backend, SnapshotStore snapshots)
    {
        Entry[] entries = [.. members.All.Select((member, position) => InitialEntry(member, (ulong)position + 1))];
        var state = new HardState(Term: 1, Vote: 0, Commit: (ulong)entries.Length);
        wal.Save(state, entries);

        _log.StartingLocalMember(Member.FormatId(metadata.NodeID), Member.FormatId(metadata.ClusterID));
        return new BootstrappedMember(
            metadata.NodeID, metadata.ClusterID, IsNew: true, wal, InMemory(Snapshot.None, state, entries), Snapshot.None, state, backend,
            snapshots, new ClusterMembership(metadata.ClusterID, V2NameSpaces.NewStore()), members.Others, []);
    }

    private BootstrappedMember Restart(Backend backend, SnapshotStore snapshots)
    {
        Snapshot snapshot = snapshots.LoadNewest(WriteAheadLog.ReadSnapshotRecords(_disk, _directory.Wal)) ?? Snapshot.None;

        // The log first: opening it makes the snapshot's record durable. Were the database exchanged before, a loss of power could leave one that is further than
        // its log.
        WriteAheadLog wal = WriteAheadLog.Open(
            _disk,
            _directory.Wal,
            new WalSnapshot(snapshot.Metadata.Index, snapshot.Metadata.Term, snapshot.Metadata.ConfState),
            WalOptions(),
            out WalContents contents);
        try
        {
            if (!SnapshotInstaller.ResumeInstallation(backend, snapshots, snapshot, _log))
            {
                throw new BootstrapException(
                    $"{_directory.Backend} is at log index {backend.ConsistentIndex}, behind the snapshot at {snapshot.Metadata.Index}, and "
                    + $"{snapshot.Metadata.Index:x16}.snap.db, which would bring it there, is not usable: "
                    + "the backend file was lost or replaced; restore the member from a backup");
            }

            Metadata metadata = Metadata.Parser.ParseFrom(contents.Metadata.Span);
            if (contents.Entries.Count == 0 && snapshot.IsEmpty && IsFounder(metadata, out InitialMembers? founders))
            {
                // The first start ended between creating the log and writing its first entries: nothing was promised to anybody yet.
                return Begin(metadata, founders, wal, backend, snapshots);
            }

            ulong lastIndex = contents.Entries.Count > 0 ? contents.Entries[^1].Index : snapshot.Metadata.Index;
            if (backend.ConsistentIndex > lastIndex)
            {
                throw new BootstrapException(
                    $"{_directory.Backend} holds data up to log index {backend.ConsistentIndex}, but the write-ahead log in "
                    + $"{_directory.Wal} ends at {lastIndex}: part of the log was lost; restore the member from a backup");
            }

            var membership = new ClusterMembership(metadata.ClusterID, V2NameSpaces.NewStore());
            if (!snapshot.IsEmpty)
            {
                membership.Recover(snapshot.Data);
                _log.RecoveredFromSnapshot(snapshot.Metadata.Index);
            }

            // The commit index goes to disk with the next entry, so the backend may be ahead of it; what it has applied was committed.
            HardState state = contents.HardState with { Commit = Math.Max(contents.HardState.Commit, backend.ConsistentIndex) };
            IReadOnlyList<Entry> entries = contents.Entries;
            if (_options.ForceNewCluster)
            {
                (state, entries) = Force(metadata, snapshot, contents.Entries, state, wal);
            }
            else
            {
                _log.RestartingLocalMember(Member.FormatId(metadata.ClusterID), Member.FormatId(metadata.NodeID), state.Commit);
            }

            return new BootstrappedMember(
                metadata.NodeID, metadata.ClusterID, IsNew: false, wal, InMemory(snapshot, state, [.. entries]), snapshot, state,
                backend, snapshots, membership, Others(membership.View.Members, metadata.NodeID), []);
        }
        catch
        {
            wal.Dispose();
            throw;
        }
    }

    private (HardState State, IReadOnlyList<Entry> Entries) Force(
        Metadata metadata, Snapshot snapshot, IReadOnlyList<Entry> logged, HardState state, WriteAheadLog wal)
    {
        List<Entry> entries = ForcedCluster.Committed(logged, state.Commit);
        int dropped = logged.Count - entries.Count;
        if (dropped > 0)
        {
            _log.DiscardingEntries(state.Commit + 1, state.Commit, dropped);
        }

        List<Entry> changes = ForcedCluster.Changes(metadata.NodeID, snapshot.Metadata.ConfState, entries, state);
        entries.AddRange(changes);
        state = state with { Commit = state.Commit + (ulong)changes.Count };
        wal.Save(state, changes.ToArray());
        _log.ForcingRestart(Member.FormatId(metadata.ClusterID), Member.FormatId(metadata.NodeID), state.Commit);
        return (state, entries);
    }

    // A member that has joined a running cluster is sent the cluster's log, and must not begin one of its own.
    private bool IsFounder(Metadata metadata, [NotNullWhen(true)] out InitialMembers? founders)
    {
        founders = null;
        if (!_options.JoinsExistingCluster)
        {
            var configured = InitialMembers.Of(_options);
            if (configured.Self.Id == metadata.NodeID && configured.ClusterId == metadata.ClusterID)
            {
                founders = configured;
            }
        }

        return founders is not null;
    }

    private static List<Member> Others(IEnumerable<Member> members, ulong self) => [.. members.Where(member => member.Id != self)];

    private static Entry InitialEntry(Member member, ulong index)
    {
        var change = new ConfChange(ConfChangeType.AddNode, member.Id, MemberRecord.Write(member));
        return new Entry(Term: 1, index, EntryType.ConfChange, ConfChangeCodec.Encode(change));
    }

    private static MemoryLog InMemory(Snapshot snapshot, HardState state, ReadOnlySpan<Entry> entries)
    {
        var log = new MemoryLog();
        if (!snapshot.IsEmpty)
        {
            log.ApplySnapshot(snapshot);
        }

        log.SetHardState(state);
        log.Append(entries);
        return log;
    }

    private WalOptions WalOptions() => new() { UnsafeNoSync = _options.UnsafeNoSync, SegmentBytes = _options.WalSegmentBytes };
}
