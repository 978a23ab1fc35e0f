using Etcd.Bolt;
using Etcd.Server.Bootstrap;
using Etcd.Server.Offline.Inspection;
using Etcd.Testing.SimulatedDisk;

using static Etcd.Server.Tests.Offline.OfflineDisk;

namespace Etcd.Server.Tests.Offline;

/// <summary>What <c>etcdutl check</c> says of a directory whose files are each whole.</summary>
public sealed class DataDirectoryCheckTests
{
    private const string Database = "/data/member/snap/db";

    private static readonly DataDirectory Member = new("/data", null);

    // An older database, or an empty one, in the place of the member's: it refuses to start on it.
    [Fact]
    public void Run_DatabaseIsBehindTheSnapshot_IsDamage()
    {
        SimulatedFileSystem disk = NewDiskWithLog();
        Write(disk, Database, SnapshotBytes[..^32]);

        CheckFinding finding = Assert.Single(DataDirectoryCheck.Run(disk, Member, null).Findings);

        Assert.Equal((Database, "it is at log index 0, behind the snapshot at 1", false), (finding.File, finding.Problem, finding.IsTorn));
    }

    // A crash between the record of a snapshot that a leader has sent and the exchange of the database.
    [Fact]
    public void Run_DatabaseOfTheSnapshotIsStillToBeInstalled_IsNoDamage()
    {
        SimulatedFileSystem disk = NewDiskWithLog();
        disk.Rename(Database, "/data/member/snap/0000000000000001.snap.db");
        Write(disk, Database, SnapshotBytes[..^32]);

        Assert.Empty(DataDirectoryCheck.Run(disk, Member, null).Findings);
    }

    [Theory]
    [InlineData(true, "the log begins at index 2, and the newest snapshot that it knows is at 1")]
    [InlineData(false, "the log begins at index 2, and there is no snapshot that it follows")]
    public void Run_BeginningOfTheLogIsMissing_IsDamage(bool hasSnapshot, string expected)
    {
        SimulatedFileSystem disk = NewDiskWithLog();
        disk.Rename("/data/member/wal/0000000000000000-0000000000000000.wal", "/data/member/wal/0000000000000001-0000000000000002.wal");
        if (!hasSnapshot)
        {
            disk.DeleteFile("/data/member/snap/0000000000000001-0000000000000001.snap");
        }

        CheckFinding finding = Assert.Single(DataDirectoryCheck.Run(disk, Member, null).Findings);

        Assert.Equal(("/data/member/wal", expected, false), (finding.File, finding.Problem, finding.IsTorn));
    }

    [Fact]
    public void Run_SnapshotIsMissingAndTheLogIsWhole_IsNoDamage()
    {
        SimulatedFileSystem disk = NewDiskWithLog();
        disk.DeleteFile("/data/member/snap/0000000000000001-0000000000000001.snap");

        Assert.Empty(DataDirectoryCheck.Run(disk, Member, null).Findings);
    }

    // What it would write after the log was read and before the database is would look like a log that has lost its end.
    [Fact]
    public void Run_MemberWouldStartWhileTheLogIsRead_KeepsItAway()
    {
        SimulatedFileSystem disk = NewDiskWithLog();
        int tries = 0;
        disk.BeforeOperation = operation =>
        {
            if (operation.Kind == DiskOperationKind.Read && operation.Path.EndsWith(".wal", StringComparison.Ordinal) && tries++ == 0)
            {
                Assert.Throws<DatabaseLockedException>(() => BoltDatabase.Open(disk, Database, new BoltOptions { InitialMapBytes = 1 << 20 }));
            }
        };

        Assert.Empty(DataDirectoryCheck.Run(disk, Member, null).Findings);

        Assert.True(tries > 0);
    }

    // Real etcd writes the file under its own name, and the record of it behind: killed in between, it starts from the snapshot before.
    [Theory]
    [InlineData(4UL, true)]
    [InlineData(1UL, false)]
    public void Run_SnapshotFileEndsInTheMiddle_IsDamageOnlyWhereTheLogKnowsIt(ulong index, bool isTorn)
    {
        SimulatedFileSystem disk = NewDiskWithLog();
        string path = $"/data/member/snap/0000000000000001-{index:x16}.snap";
        byte[] whole = Read(disk, "/data/member/snap/0000000000000001-0000000000000001.snap");
        Write(disk, path, whole[..(whole.Length / 2)]);

        CheckReport report = DataDirectoryCheck.Run(disk, Member, null);

        CheckFinding finding = Assert.Single(report.Findings);
        Assert.Equal((path, isTorn, !isTorn), (finding.File, finding.IsTorn, report.IsDamaged));
    }
}
