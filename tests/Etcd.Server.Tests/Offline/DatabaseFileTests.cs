using Etcd.Bolt;
using Etcd.Mvcc;
using Etcd.Server.Bootstrap;
using Etcd.Server.Offline;
using Etcd.Testing.SimulatedDisk;

using static Etcd.Server.Tests.Offline.OfflineDisk;

namespace Etcd.Server.Tests.Offline;

/// <summary><c>etcdutl hashkv</c> and <c>etcdutl defrag</c>: the one leaves the file and what stands beside it alone, neither makes a database out of nothing.</summary>
public sealed class DatabaseFileTests
{
    private const string Database = "/data/member/snap/db";

    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    [InlineData(100)]
    public void HashKv_DatabaseOfAMember_IsWhatItsStoreSaysAndChangesNothing(long revision)
    {
        foreach (byte[] bytes in (byte[][])[MemberDatabase.Bytes, MemberDatabase.CompactedBytes])
        {
            SimulatedFileSystem disk = MemberDatabase.DiskWith(bytes, Database);
            Write(disk, Database + ".tmp.defrag", [1, 2, 3]);
            int before = disk.Steps;

            HashKvResult found = DatabaseFile.HashKv(disk, Database, revision, null);

            Assert.Equal(before, disk.Steps);
            Assert.Equal(bytes, Read(disk, Database));
            Assert.Equal(["db", "db.tmp.defrag"], disk.List("/data/member/snap"));
            using Backend backend = Backend.Open(disk, Database, new BackendOptions { CommitsOnOwnThread = false, InitialMapBytes = 1 << 20 });
            using MvccStore store = MvccStore.Open(backend, new NoLeases(), new MvccOptions { CompactsInBackground = false });
            Assert.Equal(store.HashByRevision(revision), found);
        }
    }

    [Theory]
    [InlineData(59, "mvcc: required revision has been compacted")]
    [InlineData(1000, "mvcc: required revision is a future revision")]
    public void HashKv_RevisionThatIsNotThere_IsRefused(long revision, string reason)
    {
        SimulatedFileSystem disk = MemberDatabase.DiskWith(MemberDatabase.CompactedBytes, Database);

        OfflineException refused = Assert.Throws<OfflineException>(() => DatabaseFile.HashKv(disk, Database, revision, null));

        Assert.Equal(reason, refused.Message);
    }

    // A snapshot's buckets are what it has: one that was added would make its checksum wrong.
    [Fact]
    public void HashKv_DatabaseWithoutBuckets_AddsNone()
    {
        var disk = new SimulatedFileSystem();
        BoltDatabase.Open(disk, "/db", new BoltOptions()).Dispose();
        byte[] before = Read(disk, "/db");

        HashKvResult found = DatabaseFile.HashKv(disk, "/db", 0, null);

        Assert.Equal((1, -1), (found.Revision, found.CompactRevision));
        Assert.Equal(before, Read(disk, "/db"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(8192)]
    public void HashKvAndDefragment_FileOfZeros_IsRefusedAndLeftAlone(int bytes)
    {
        SimulatedFileSystem disk = MemberDatabase.DiskWith(new byte[bytes], Database);

        Assert.Throws<OfflineException>(() => DatabaseFile.HashKv(disk, Database, 0, null));
        Assert.Throws<OfflineException>(() => DatabaseFile.Defragment(disk, "/data", _ => { }, TimeProvider.System, null));

        Assert.Equal(new byte[bytes], Read(disk, Database));
        Assert.Equal(["db"], disk.List("/data/member/snap"));
    }

    [Fact]
    public void MigrateV2Keys_DatabaseOfZeros_IsRefusedAndLeftAlone()
    {
        SimulatedFileSystem disk = NewDiskWithLog();
        Write(disk, Database, []);

        Assert.Throws<OfflineException>(() => V2KeyMigration.Run(disk, new V2KeyMigrationOptions(new DataDirectory("/data", null), false, null, null), TimeProvider.System));

        Assert.Empty(Read(disk, Database));
    }

    [Fact]
    public void HashKv_DamagedTree_IsRefused()
    {
        byte[] damaged = [.. MemberDatabase.Bytes];
        damaged[new DatabaseStructure(damaged, MemberDatabase.PageBytes).Find("header of a leaf of key") + 10]--;
        SimulatedFileSystem disk = MemberDatabase.DiskWith(damaged, Database);

        OfflineException refused = Assert.Throws<OfflineException>(() => DatabaseFile.HashKv(disk, Database, 0, null));

        Assert.Contains("is damaged: ", refused.Message, StringComparison.Ordinal);
    }
}
