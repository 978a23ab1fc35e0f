using System.IO.Compression;

using Etcd.Bolt;
using Etcd.Disk.Linux;
using Etcd.Mvcc;
using Etcd.Server.Offline;
using Etcd.Server.Offline.Inspection;
using Etcd.Testing;
using Etcd.Testing.SimulatedDisk;

using static Etcd.Server.Tests.Offline.MemberDatabase;

namespace Etcd.Server.Tests.Offline;

/// <summary>What <c>etcdutl check</c>, <c>snapshot status</c> and the look at a received database notice, and what they must not take for damage.</summary>
public sealed class DatabaseDamageTests
{
    private static readonly DatabaseStructure Structure = new(Bytes, PageBytes);

    public static TheoryData<string> Directories => [.. DataDirectoryFixture.Names];

    public static TheoryData<string> Snapshots => ["v34-snapshot", "v35-snapshot"];

    [Fact]
    public void Check_WholeDatabase_FindsNothing()
    {
        Assert.Empty(Check(Bytes));
        Assert.Empty(Check(CompactedBytes));
    }

    // Whatever is no value, no free page and no rest of a page: an element count lowered by one makes keys vanish, a changed letter a bucket.
    [Fact]
    public void Check_AnyByteOfTheStructureChanged_IsNoticed()
    {
        SimulatedFileSystem disk = DiskWith(Bytes);
        var random = new Random(1);
        List<string> unnoticed = [];
        foreach ((int at, string what) in Structure.Bytes)
        {
            foreach (byte difference in (byte[])[1, (byte)random.Next(1, 256)])
            {
                byte[] damaged = [.. Bytes];
                damaged[at] ^= difference;
                Write(disk, damaged);
                if (Check(disk).Count == 0)
                {
                    unnoticed.Add($"offset {at}, {what}: {Bytes[at]:x2} to {damaged[at]:x2}");
                }
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{unnoticed.Count} of {2 * Structure.Bytes.Count} changes went unnoticed");
        Assert.True(Structure.Bytes.Count > 5000);
        Assert.Empty(unnoticed);
    }

    // Up to a compaction a store has gaps, so that the numbers of a transaction's changes, from byte 9 of a revision on, stand nowhere else.
    [Fact]
    public void Check_AnyByteOfACompactedStoreChanged_IsNoticedButForNumbersInsideATransaction()
    {
        var structure = new DatabaseStructure(CompactedBytes, PageBytes);
        SimulatedFileSystem disk = DiskWith(CompactedBytes);
        var random = new Random(3);
        Dictionary<int, string> unnoticed = [];
        foreach ((int at, string what) in structure.Bytes)
        {
            byte[] damaged = [.. CompactedBytes];
            damaged[at] ^= (byte)random.Next(1, 256);
            Write(disk, damaged);
            if (Check(disk).Count == 0)
            {
                unnoticed.Add(at, what);
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{unnoticed.Count} of {structure.Bytes.Count} changes went unnoticed");
        Assert.NotEmpty(unnoticed);
        Assert.All(unnoticed.Values, what => Assert.Matches("^key [0-9]+ of [0-9]+ in a leaf of key, byte (9|1[0-6])$", what));
    }

    // The rest: a value has no checksum, a free page and the end of a page hold nothing.
    [Fact]
    public void Check_AnyByteChanged_ShareThatIsNoticed()
    {
        SimulatedFileSystem disk = DiskWith(Bytes);
        var random = new Random(2);
        const int Changes = 2000;
        int noticed = 0;
        for (int change = 0; change < Changes; change++)
        {
            byte[] damaged = [.. Bytes];
            damaged[random.Next(damaged.Length)] ^= (byte)random.Next(1, 256);
            Write(disk, damaged);
            noticed += Check(disk).Count == 0 ? 0 : 1;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{noticed} of {Changes} changes anywhere in {Bytes.Length} bytes were noticed");
        Assert.InRange(noticed, Changes / 2, Changes - 1);
    }

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [MemberData(nameof(Directories))]
    public void Check_DatabaseOfRealEtcd_FindsNothing(string name)
    {
        using var fixture = new DataDirectoryFixture(name);
        string path = Path.Combine(fixture.SnapDirectory, "db");
        List<CheckFinding> findings = [];

        new DatabaseCheck(LinuxFileSystem.Instance, path, findings).Run(null);

        Assert.Empty(findings);
        Assert.Equal(SnapshotStatus.Read(LinuxFileSystem.Instance, path, null).Revision, DatabaseInspection.Inspect(LinuxFileSystem.Instance, path).Revision);
    }

    [Theory(SkipUnless = nameof(SharedMaterial.IsPresent), SkipType = typeof(SharedMaterial), Skip = SharedMaterial.AbsentReason)]
    [MemberData(nameof(Snapshots))]
    public void Check_SnapshotOfRealEtcd_FindsNothing(string name)
    {
        using var directory = new TemporaryDirectory();
        string path = directory.File("db");
        using (var packed = new GZipStream(File.OpenRead(SharedMaterial.PathOf("fixtures", name + ".db.gz")), CompressionMode.Decompress))
        using (FileStream file = File.Create(path))
        {
            packed.CopyTo(file);
        }

        List<CheckFinding> findings = [];
        new DatabaseCheck(LinuxFileSystem.Instance, path, findings).Run(null);

        Assert.Empty(findings);
        Assert.True(SnapshotStatus.Read(LinuxFileSystem.Instance, path, null).TotalKeys > 0);
    }

    [Fact]
    public void SnapshotStatusAndInspection_BucketRenamed_Refuse()
    {
        byte[] damaged = [.. Bytes];
        int name = Structure.Bytes.First(entry => entry.Value.EndsWith(" in a leaf of buckets, byte 0", StringComparison.Ordinal)
            && Bytes.AsSpan(entry.Key, 3).SequenceEqual("key"u8)).Key;
        damaged[name + 2] = (byte)'x';
        SimulatedFileSystem disk = DiskWith(damaged);

        OfflineException status = Assert.Throws<OfflineException>(() => SnapshotStatus.Read(disk, MemberDatabase.FilePath, null));
        CorruptBackendException inspection = Assert.Throws<CorruptBackendException>(() => DatabaseInspection.Inspect(disk, MemberDatabase.FilePath));

        Assert.Contains("bucket kex is none of a member's", status.Message, StringComparison.Ordinal);
        Assert.Contains("no bucket \"key\"", inspection.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SnapshotStatusAndInspection_KeysCutOffALeaf_Refuse()
    {
        byte[] damaged = [.. Bytes];
        int header = Structure.Find("header of a leaf of key");
        Assert.True(damaged[header + 10] > 1);
        damaged[header + 10]--;
        SimulatedFileSystem disk = DiskWith(damaged);

        OfflineException status = Assert.Throws<OfflineException>(() => SnapshotStatus.Read(disk, MemberDatabase.FilePath, null));
        Assert.Throws<CorruptBackendException>(() => DatabaseInspection.Inspect(disk, MemberDatabase.FilePath));

        Assert.StartsWith("snapshot file integrity check failed. ", status.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(PageBytes)]
    public void Check_OneMetaDamaged_SaysSo(int meta)
    {
        byte[] damaged = [.. Bytes];
        damaged[meta + 64] ^= 4;

        CheckFinding finding = Assert.Single(Check(damaged));

        Assert.Equal(meta, finding.Offset);
        Assert.Contains("is not valid", finding.Problem, StringComparison.Ordinal);
    }

    // A copy of the v2 data alone, before a member has started on it, and a file that nothing was written into yet.
    [Fact]
    public void Check_DatabaseThatNoMemberHasStartedOn_FindsNothing()
    {
        Assert.Empty(Check(Make(transaction =>
        {
            StoredMembers.Replace(transaction, []);
            transaction.CreateBucketIfMissing("meta"u8).Put("consistent_index"u8.ToArray(), new byte[] { 0, 0, 0, 0, 0, 0, 0, 9 });
        })));
        Assert.Empty(Check(Make(transaction => transaction.CreateBucketIfMissing("key"u8))));
    }

    [Fact]
    public void Check_KeysWithoutConsistentIndex_AreAFinding()
    {
        byte[] bytes = Change(Bytes, transaction => transaction.Bucket("meta"u8)!.Delete("consistent_index"u8));

        Assert.Contains("consistent_index", Assert.Single(Check(bytes)).Problem, StringComparison.Ordinal);
    }

    private static IReadOnlyList<CheckFinding> Check(byte[] bytes) => Check(DiskWith(bytes));

    private static List<CheckFinding> Check(SimulatedFileSystem disk)
    {
        List<CheckFinding> findings = [];
        new DatabaseCheck(disk, MemberDatabase.FilePath, findings).Run(null);
        return findings;
    }

    private static byte[] Make(Action<BoltWriteTransaction> fill) => Change([], fill);

    private static byte[] Change(byte[] bytes, Action<BoltWriteTransaction> change)
    {
        SimulatedFileSystem disk = DiskWith(bytes);
        using (BoltDatabase database = BoltDatabase.Open(disk, MemberDatabase.FilePath, new BoltOptions()))
        {
            using BoltWriteTransaction transaction = database.BeginWrite();
            change(transaction);
            transaction.Commit();
        }

        return OfflineDisk.Read(disk, MemberDatabase.FilePath);
    }
}
