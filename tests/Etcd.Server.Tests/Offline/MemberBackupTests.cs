using Etcd.Bolt;
using Etcd.Raft;
using Etcd.Server.Bootstrap;
using Etcd.Server.Membership;
using Etcd.Server.Offline;
using Etcd.Testing.SimulatedDisk;
using Etcd.V2;
using Etcd.Wal;
using Etcd.Wal.Inspection;

using static Etcd.Server.Tests.Offline.OfflineDisk;

namespace Etcd.Server.Tests.Offline;

/// <summary>What a copy of a member's directory keeps of the cluster.</summary>
public sealed class MemberBackupTests
{
    // As etcdutl 3.5 leaves them out: a cluster that is founded on the copy is in no downgrade, and has removed nobody.
    [Fact]
    public void Run_ClusterHasRemovedMembersAndIsInADowngrade_CopyKnowsNothingOfIt()
    {
        SimulatedFileSystem disk = NewDiskWithLog();
        using (BoltDatabase database = BoltDatabase.Open(disk, "/data/member/snap/db", new BoltOptions()))
        {
            using BoltWriteTransaction transaction = database.BeginWrite();
            BoltBucket cluster = transaction.Bucket("cluster"u8)!;
            cluster.Put("clusterVersion"u8.ToArray(), "3.5.0"u8.ToArray());
            cluster.Put("downgrade"u8.ToArray(), """{"target-version":"3.4.0","enabled":true}"""u8.ToArray());
            transaction.Commit();
        }

        var store = new SnapshotStore(disk, "/data/member/snap");
        Snapshot snapshot = Assert.Single(SnapshotFileInspection.ReadAll(disk, "/data/member/snap")).Content!;
        var membership = new ClusterMembership(1, V2NameSpaces.NewStore());
        membership.Recover(snapshot.Data);
        membership.TryAdd(new Member(7, ["http://gone:1"], IsLearner: false, "gone", []));
        membership.TryRemove(7);
        store.Save(snapshot with { Data = membership.Tree.TakeDump().ToJson() });

        new MemberBackup(disk, _ => { }).Run(new MemberBackupOptions(new DataDirectory("/data", null), new DataDirectory("/backup", null), WithDatabase: true));

        var copied = new ClusterMembership(1, V2NameSpaces.NewStore());
        copied.Recover(Assert.Single(SnapshotFileInspection.ReadAll(disk, "/backup/member/snap")).Content!.Data);
        Assert.False(copied.View.IsRemoved(7));
        Assert.Equal("etcdctl-v2-backup", Assert.Single(StoredIn(disk, "/backup/member/snap/db", "members")).Name);
        Assert.Empty(KeysOf(disk, "/backup/member/snap/db", "cluster"));
    }

    private static Member[] StoredIn(SimulatedFileSystem disk, string path, string bucket) => [.. Pairs(disk, path, bucket).Select(pair => MemberRecord.Read(pair.Value))];

    private static string[] KeysOf(SimulatedFileSystem disk, string path, string bucket) =>
        [.. Pairs(disk, path, bucket).Select(pair => System.Text.Encoding.UTF8.GetString(pair.Key))];

    private static List<(byte[] Key, byte[] Value)> Pairs(SimulatedFileSystem disk, string path, string bucket)
    {
        using BoltDatabase database = BoltDatabase.Open(disk, path, new BoltOptions { ReadOnly = true });
        using BoltReadTransaction transaction = database.BeginRead();
        BoltCursor cursor = transaction.Bucket(System.Text.Encoding.UTF8.GetBytes(bucket))!.Cursor();
        List<(byte[], byte[])> pairs = [];
        for (bool more = cursor.MoveFirst(); more; more = cursor.MoveNext())
        {
            pairs.Add((cursor.Key.ToArray(), cursor.Value.ToArray()));
        }

        return pairs;
    }
}
