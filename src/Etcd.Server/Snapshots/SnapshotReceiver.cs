using Etcd.Disk;
using Etcd.Mvcc;
using Etcd.Raft;
using Etcd.Server.Membership;
using Etcd.Server.Observation;
using Etcd.V2;
using Etcd.Wal;

namespace Etcd.Server.Snapshots;

/// <summary>Takes a snapshot that a leader sends: its database goes to disk, and only what has been looked through reaches raft.</summary>
/// <remarks>Once raft has taken the message there is no way back: the log then begins at the snapshot. So whatever would make the installation
/// fail is found here, where the answer is a refusal, and the leader sends another. Any thread.</remarks>
internal sealed class SnapshotReceiver
{
    private readonly IFileSystem _disk;
    private readonly SnapshotStore _store;
    private readonly ServerInstruments _instruments;
    private readonly Func<RaftMessage, bool> _accept;
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, Reception> _receptions = [];

    /// <param name="disk">The disk.</param>
    /// <param name="store">Where databases wait to be installed.</param>
    /// <param name="instruments">What it takes is recorded here.</param>
    /// <param name="accept">Gives raft the message; false when it takes none any more.</param>
    internal SnapshotReceiver(IFileSystem disk, SnapshotStore store, ServerInstruments instruments, Func<RaftMessage, bool> accept)
    {
        _disk = disk;
        _store = store;
        _instruments = instruments;
        _accept = accept;
    }

    /// <summary>Stores the database of a snapshot message, durably, and gives raft the message.</summary>
    /// <param name="message">The message.</param>
    /// <param name="database">The database, to its end.</param>
    /// <param name="cancellationToken">The sender went away.</param>
    /// <exception cref="IOException">The snapshot was refused or could not be stored; nothing is left of it.</exception>
    internal async Task ReceiveAsync(RaftMessage message, Stream database, CancellationToken cancellationToken)
    {
        Snapshot snapshot = message.Snapshot is { IsEmpty: false } carried
            ? carried
            : throw new IOException("the message carries no snapshot");
        Reception reception = Begin(snapshot.Metadata.Index);
        try
        {
            await StoreAsync(snapshot, database, reception, cancellationToken).ConfigureAwait(false);
            if (!_accept(message))
            {
                throw new IOException("the member takes no more messages");
            }

            reception.IsAccepted = true;
        }
        finally
        {
            End(reception);
        }
    }

    private async Task StoreAsync(Snapshot snapshot, Stream database, Reception reception, CancellationToken cancellationToken)
    {
        try
        {
            CheckMembers(snapshot);
            long began = _instruments.Timestamp();
            if (await _store
                .SaveDatabaseAsync(database, reception.Index, path => CheckDatabase(path, reception.Index), cancellationToken)
                .ConfigureAwait(false))
            {
                reception.HasMadeTheFile = true;
            }

            _instruments.DatabaseSaves.Record(_instruments.Since(began));
        }
        catch (Exception refusal) when (refusal is InvalidDataException or CorruptBackendException)
        {
            // The sender and the log are told in the words of the check.
            throw new IOException(refusal.Message, refusal);
        }
    }

    private Reception Begin(ulong index)
    {
        lock (_gate)
        {
            if (!_receptions.TryGetValue(index, out Reception? reception))
            {
                reception = new Reception(index);
                _receptions.Add(index, reception);
            }

            reception.Senders++;
            return reception;
        }
    }

    // A file that was there before may be raft's already, and so may one that another sender has brought meanwhile.
    private void End(Reception reception)
    {
        lock (_gate)
        {
            if (--reception.Senders > 0)
            {
                return;
            }

            _receptions.Remove(reception.Index);
            if (reception is { HasMadeTheFile: true, IsAccepted: false })
            {
                _store.DeleteDatabase(reception.Index);
            }
        }
    }

    // etcd 3.4 and 3.5 take the members from the tree: a partial one would wipe the member list.
    private static void CheckMembers(Snapshot snapshot)
    {
        V2Store tree = V2NameSpaces.NewStore();
        tree.Recover(snapshot.Data);
        ClusterView members = MembershipBranch.Read(tree.View, clusterId: 0);
        ConfState configuration = snapshot.Metadata.ConfState;
        foreach (ulong id in configuration.Voters.Concat(configuration.Learners).Concat(configuration.VotersOutgoing))
        {
            if (members.Find(id) is null)
            {
                throw new InvalidDataException($"the snapshot's v2 tree lacks member {Member.FormatId(id)} of its own configuration");
            }
        }
    }

    private void CheckDatabase(string path, ulong index)
    {
        InspectedDatabase found = DatabaseInspection.Inspect(_disk, path);
        if (found.ConsistentIndex < index)
        {
            throw new InvalidDataException($"the database is at log index {found.ConsistentIndex}, behind its snapshot at {index}");
        }
    }

    /// <summary>What senders bring at the same time for the snapshot at one index. Each sets what it knows before it ends.</summary>
    private sealed class Reception(ulong index)
    {
        public ulong Index { get; } = index;

        public int Senders { get; set; }

        public bool HasMadeTheFile { get; set; }

        public bool IsAccepted { get; set; }
    }
}
