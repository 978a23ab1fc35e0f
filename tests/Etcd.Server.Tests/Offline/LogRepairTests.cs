using Etcd.Bolt;
using Etcd.Server.Bootstrap;
using Etcd.Server.Offline;
using Etcd.Server.Offline.Inspection;
using Etcd.Testing.SimulatedDisk;

using static Etcd.Server.Tests.Offline.OfflineDisk;

namespace Etcd.Server.Tests.Offline;

/// <summary>What <c>etcdutl repair</c> says of the database beside a damaged log.</summary>
public sealed class LogRepairTests
{
    private const string Database = "/data/member/snap/db";

    private static readonly DataDirectory Member = new("/data", null);

    [Fact]
    public void Plan_DatabaseIsWhole_MemberWillStart()
    {
        LogRepair plan = LogRepair.Plan(NewDiskWithDamagedLog(), Member, null)!;

        Assert.Empty(plan.DatabaseFindings);
        Assert.Equal(1UL, plan.ConsistentIndex);
        Assert.True(plan.MemberWillStart);
    }

    // The index is read all the same: what is cut off decides by it.
    [Fact]
    public void Plan_DatabaseIsDamagedElsewhere_TellsIndexAndDamage()
    {
        SimulatedFileSystem disk = NewDiskWithDamagedLog();
        Flip(disk, Database, EndOfTheRootPage(disk));

        LogRepair plan = LogRepair.Plan(disk, Member, null)!;

        Assert.Single(plan.DatabaseFindings);
        Assert.Equal(1UL, plan.ConsistentIndex);
        Assert.False(plan.MemberWillStart);
    }

    [Fact]
    public void Run_DatabaseCannotTellWhatItNeeds_CutsNothing()
    {
        SimulatedFileSystem disk = NewDiskWithDamagedLog();
        Write(disk, Database, new byte[16384]);
        byte[] log = ReadLog(disk);

        LogRepair plan = LogRepair.Plan(disk, Member, null)!;
        OfflineException refused = Assert.Throws<OfflineException>(() => plan.Run(disk, Member, "/kept", null));

        Assert.NotEmpty(plan.DatabaseFindings);
        Assert.Null(plan.ConsistentIndex);
        Assert.False(plan.MemberWillStart);
        Assert.Contains("nothing was cut", refused.Message, StringComparison.Ordinal);
        Assert.Equal(log, ReadLog(disk));
        Assert.False(disk.DirectoryExists("/kept"));
    }

    [Fact]
    public void Plan_DatabaseIsMissing_SaysSo()
    {
        SimulatedFileSystem disk = NewDiskWithDamagedLog();
        disk.DeleteFile(Database);

        LogRepair plan = LogRepair.Plan(disk, Member, null)!;

        Assert.Equal("there is no database", Assert.Single(plan.DatabaseFindings).Problem);
        Assert.False(plan.MemberWillStart);
    }

    // "Nothing to repair" is what somebody reads who does not know that it runs.
    [Fact]
    public void Plan_MemberRunsOnAWholeLog_IsRefused()
    {
        SimulatedFileSystem disk = NewDiskWithLog();
        using BoltDatabase held = BoltDatabase.Open(disk, Database, new BoltOptions { InitialMapBytes = 1 << 20 });

        OfflineException refused = Assert.Throws<OfflineException>(() => LogRepair.Plan(disk, Member, null));

        Assert.Equal($"{Database} is in use by another process", refused.Message);
    }

    private static SimulatedFileSystem NewDiskWithDamagedLog()
    {
        SimulatedFileSystem disk = NewDiskWithLog();
        Flip(disk, LogPath(disk), 700);
        return disk;
    }

    private static string LogPath(SimulatedFileSystem disk) => Path.Combine(
        Member.Wal, disk.List(Member.Wal).Single(name => name.EndsWith(".wal", StringComparison.Ordinal)));

    private static byte[] ReadLog(SimulatedFileSystem disk) => Read(disk, LogPath(disk));

    /// <summary>Offset of a byte that no element of the root page uses.</summary>
    private static int EndOfTheRootPage(SimulatedFileSystem disk)
    {
        const int PageBytes = 4096;
        byte[] bytes = Read(disk, Database);
        int newest = BitConverter.ToUInt64(bytes, 64) > BitConverter.ToUInt64(bytes, PageBytes + 64) ? 0 : PageBytes;
        return (((int)BitConverter.ToUInt64(bytes, newest + 32) + 1) * PageBytes) - 1;
    }

    private static void Flip(SimulatedFileSystem disk, string path, int at)
    {
        byte[] bytes = Read(disk, path);
        bytes[at] ^= 0x10;
        Write(disk, path, bytes);
    }
}
