using System.Text;

using Etcd.Disk;
using Etcd.Mvcc;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Server.Apply;
using Etcd.Server.Bootstrap;
using Etcd.Server.Membership;
using Etcd.V2;
using Etcd.V2.Tree;
using Etcd.Wal;

using Google.Protobuf;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Server.Offline;

/// <summary>The v2 tree of a member that is not running: that of its newest snapshot and what its log has done to it since. Nothing is changed.</summary>
internal sealed class StoppedV2Tree
{
    private readonly string _database;
    private readonly ulong _inDatabase;
    private readonly ClusterMembership _membership;
    private readonly MembershipApplier _membershipApplier;
    private readonly V2Applier _requests;

    private StoppedV2Tree(Backend backend, string database, ulong clusterId, Snapshot snapshot, TimeProvider time)
    {
        _database = database;
        _inDatabase = backend.ConsistentIndex;
        _membership = new ClusterMembership(clusterId, V2NameSpaces.NewStore());
        if (!snapshot.IsEmpty)
        {
            _membership.Recover(snapshot.Data);
        }

        _membershipApplier = new MembershipApplier(backend, _membership, int.MaxValue, new ServerLog(NullLogger.Instance));
        _requests = new V2Applier(_membership.Tree, _membershipApplier, time);
    }

    /// <summary>Rebuilds it.</summary>
    /// <returns>The directory of the keys.</returns>
    /// <exception cref="OfflineException">The log is damaged, or has changes of the v3 store that the database has not.</exception>
    /// <exception cref="InvalidDataException">The snapshot or an entry makes no sense.</exception>
    internal static V2Node Rebuild(IFileSystem disk, DataDirectory directory, TimeSpan? lockTimeout, TimeProvider time)
    {
        Snapshot snapshot = MemberFiles.NewestSnapshot(disk, directory);
        WalContents log = MemberFiles.LogAfter(disk, directory.Wal, snapshot.Metadata);
        Metadata owner = Metadata.Parser.ParseFrom(log.Metadata.Span);
        using Backend backend = Backend.Open(disk, directory.Backend, new BackendOptions { LockTimeout = lockTimeout, CommitsOnOwnThread = false });
        var tree = new StoppedV2Tree(backend, directory.Backend, owner.ClusterID, snapshot, time);
        try
        {
            // What the database holds was committed, though the mark for it goes to the log with the next entry only.
            tree.Apply(log.Entries, Math.Max(log.HardState.Commit, backend.ConsistentIndex), owner.NodeID);
        }
        catch (UnsupportedEntryException unknown)
        {
            throw new OfflineException($"{directory.Wal}: {unknown.Message}", unknown);
        }

        return tree._membership.Tree.Peek(V2NameSpaces.Keys)!;
    }

    // What the only voter has logged is committed. Of what others have to agree to, nobody knows.
    private void Apply(IReadOnlyList<Entry> entries, ulong commit, ulong self)
    {
        foreach (Entry entry in entries)
        {
            if (entry.Index > commit && !IsOnlyVoter(self))
            {
                return;
            }

            if (entry.Type != EntryType.Normal)
            {
                ApplyConfiguration(entry);
            }
            else if (!entry.Data.IsEmpty)
            {
                ApplyRequest(EntryRequest.Parse(entry), entry.Index);
            }
        }
    }

    private bool IsOnlyVoter(ulong self) => _membership.View.Members.Where(member => !member.IsLearner).Select(member => member.Id).SequenceEqual([self]);

    private void ApplyConfiguration(in Entry entry)
    {
        if (entry.Type == EntryType.ConfChangeV2)
        {
            throw new UnsupportedEntryException($"log entry {entry.Index} is a joint configuration change, which etcd servers do not write");
        }

        // One that did not fit was refused by the member as well.
        _membershipApplier.Apply(ConfChangeCodec.ReadConfChange(entry.Data), isInBackend: true, out EtcdException? _);
    }

    private void ApplyRequest(IMessage request, ulong index)
    {
        switch (request)
        {
            case Request keys:
                _requests.Apply(keys, isInBackend: true);
                break;
            case InternalRaftRequest { ClusterVersionSet: { } version }:
                _membershipApplier.SetVersion(version.Ver, isInBackend: true);
                break;
            case InternalRaftRequest { ClusterMemberAttrSet: { } attributes }:
                byte[] record = MemberRecord.WriteAttributes(attributes.MemberAttributes.Name, [.. attributes.MemberAttributes.ClientUrls]);
                _membershipApplier.SetAttributes(attributes.MemberID, Encoding.UTF8.GetString(record), isInBackend: true);
                break;
            case InternalRaftRequest change when index > _inDatabase && MayChangeKeys(change):
                // The member would carry it out when it starts, at a revision behind those of the v2 keys: another one than its client was told.
                throw new OfflineException(
                    $"the log has changes of the v3 store that {_database} has not: entry {index}, while that is at {_inDatabase}. "
                    + "Start the member once with this release and stop it again");
            default:
                break;
        }
    }

    private static bool MayChangeKeys(InternalRaftRequest request) =>
        request.Put is not null || request.DeleteRange is not null || request.Txn is not null || request.Compaction is not null || request.LeaseRevoke is not null;
}
