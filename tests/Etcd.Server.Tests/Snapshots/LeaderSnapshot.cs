using System.Globalization;

using Etcd.Mvcc;
using Etcd.Raft;
using Etcd.Server.Membership;
using Etcd.Server.Tests.Members;
using Etcd.Testing.SimulatedDisk;
using Etcd.V2;

namespace Etcd.Server.Tests.Snapshots;

/// <summary>A member that has stopped, and what a leader that has gone further would send it.</summary>
internal sealed class LeaderSnapshot
{
    public const int OldKeys = 5;
    public const int NewKeys = 30;

    private LeaderSnapshot(SimulatedFileSystem disk, RaftMessage message, byte[] database)
    {
        Disk = disk;
        Message = message;
        Database = database;
    }

    /// <summary>The member's disk, with <see cref="OldKeys"/> keys.</summary>
    public SimulatedFileSystem Disk { get; }

    /// <summary>The message that announces the database.</summary>
    public RaftMessage Message { get; }

    /// <summary>The database, with <see cref="NewKeys"/> keys more.</summary>
    public byte[] Database { get; }

    public Snapshot Snapshot => Message.Snapshot!;

    /// <summary>What raft hands to the log writer when it takes the message.</summary>
    public RaftMessage StorageAppend => new()
    {
        Type = MessageType.StorageAppend,
        To = RaftMessage.LocalAppendThread,
        Term = Snapshot.Metadata.Term,
        Commit = Snapshot.Metadata.Index,
        Snapshot = Snapshot,
    };

    public static async Task<LeaderSnapshot> MakeAsync()
    {
        var disk = new SimulatedFileSystem();
        ClusterView view;
        await using (TestMember member = await TestMember.StartAsync(disk))
        {
            await PutAsync(member, "old", OldKeys);
            view = member.Server.Cluster.View;
        }

        // The leader is the same member, further on: then the other one, caught up, can run by itself.
        SimulatedFileSystem leaderDisk = disk.AfterProcessKill();
        await using (TestMember leader = await TestMember.StartAsync(leaderDisk))
        {
            await PutAsync(leader, "new", NewKeys);
        }

        using Backend backend = Backend.Open(leaderDisk, "/data/member/snap/db", new BackendOptions { InitialMapBytes = 1 << 20 });
        using BackendSnapshot copy = backend.TakeSnapshot();
        using var database = new MemoryStream();
        copy.CopyTo(database);
        var metadata = new SnapshotMetadata(
            backend.ConsistentIndex, backend.ConsistentTerm, new ConfState { Voters = [view.Members[0].Id] });
        var message = new RaftMessage
        {
            Type = MessageType.Snapshot,
            From = 2,
            To = view.Members[0].Id,
            Term = metadata.Term,
            Snapshot = new Snapshot(metadata, TreeOf(view)),
        };
        return new LeaderSnapshot(disk, message, database.ToArray());
    }

    /// <summary>Keys that a started member has.</summary>
    public static async Task<(int Old, int New)> KeysOfAsync(TestMember member)
    {
        var all = await member.AllAsync();
        return (all.Kvs.Count(pair => pair.Key.ToStringUtf8().StartsWith("old", StringComparison.Ordinal)),
            all.Kvs.Count(pair => pair.Key.ToStringUtf8().StartsWith("new", StringComparison.Ordinal)));
    }

    /// <summary>A copy of the member's disk.</summary>
    public SimulatedFileSystem NewDisk() => Disk.AfterProcessKill();

    public static ReadOnlyMemory<byte> TreeOf(ClusterView view)
    {
        var membership = new ClusterMembership(view.ClusterId, V2NameSpaces.NewStore());
        foreach (Member member in view.Members)
        {
            membership.TryAdd(member);
        }

        membership.SetVersion(view.ClusterVersion);
        return membership.Tree.TakeDump().ToJson();
    }

    private static async Task PutAsync(TestMember member, string prefix, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await member.PutAsync($"{prefix}-{i}", i.ToString(CultureInfo.InvariantCulture));
        }
    }
}
