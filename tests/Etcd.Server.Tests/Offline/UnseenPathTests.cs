using Etcd.Disk;
using Etcd.Server.Bootstrap;
using Etcd.Server.Offline;
using Etcd.Server.Offline.Inspection;
using Etcd.Server.Offline.Replay;
using Etcd.Testing.SimulatedDisk;

using static Etcd.Server.Tests.Offline.OfflineDisk;

namespace Etcd.Server.Tests.Offline;

/// <summary>What a user reads who may not look into a member's directory: its files do not seem to be there, and are.</summary>
public sealed class UnseenPathTests
{
    private const string Database = "/data/member/snap/db";

    private static readonly DataDirectory Member = new("/data", null);

    private static Dictionary<string, (string Refused, Action<IFileSystem> Work)> Commands { get; } = new()
    {
        ["snapshot status"] = ($"stat {Database}", disk => SnapshotStatus.Read(disk, Database, null)),
        ["defrag"] = ($"open {Database}", disk => DatabaseFile.Defragment(disk, "/data", _ => { }, TimeProvider.System, null)),
        ["hashkv"] = ($"open {Database}", disk => DatabaseFile.HashKv(disk, Database, 0, null)),
        ["dump db"] = ($"open {Database}", disk => DatabaseDump.Run(disk, Database, string.Empty, null, _ => { })),
        ["dump snap"] = ("open /data/member/snap", disk => SnapshotDump.Run(disk, "/data/member/snap", _ => { })),
        ["dump wal"] = ("open /data/member/wal", disk => LogDump.Run(disk, "/data/member/wal", _ => { })),
        ["check"] = ("open /data/member/snap", disk => DataDirectoryCheck.Run(disk, Member, null)),
        ["check v2store"] = ("open /data/member/wal", disk => V2StoreCheck.HasCustomContent(disk, Member)),
        ["repair"] = ("open /data/member/wal", disk => LogRepair.Plan(disk, Member, null)),
        ["backup"] = ("open /data/member/wal", disk => new MemberBackup(disk, _ => { }).Run(new MemberBackupOptions(Member, new DataDirectory("/backup", null), WithDatabase: true))),
        ["migrate"] = ($"open {Database}", disk => StorageVersion.Migrate(disk, Member, "3.5", false, null, _ => { })),
        ["migrate v2store"] = ($"open {Database}", disk => V2KeyMigration.Run(disk, new V2KeyMigrationOptions(Member, false, null, null), TimeProvider.System)),
        ["snapshot restore --roll-forward"] = ("open /data/member/wal", disk => LogPoint.At(disk, "/data", null, TimeProvider.System)),
    };

    public static TheoryData<string> CommandNames => [.. Commands.Keys];

    [Theory]
    [MemberData(nameof(CommandNames))]
    public void Run_DirectoryIsDenied_SaysSo(string command)
    {
        (string refused, Action<IFileSystem> work) = Commands[command];

        OfflineException failure = Assert.Throws<OfflineException>(() => work(new DeniedFileSystem(NewDiskWithLog(), "/data")));

        Assert.Equal($"{refused}: permission denied", failure.Message);
    }

    // A dedicated log that may not be read is no log that is missing, and its member no damaged one.
    [Fact]
    public void Check_LogIsDenied_IsNoFinding()
    {
        SimulatedFileSystem disk = NewDisk();
        Restore(disk, Options with { WalDirectory = "/logs/mine" });

        OfflineException failure = Assert.Throws<OfflineException>(
            () => DataDirectoryCheck.Run(new DeniedFileSystem(disk, "/logs"), new DataDirectory("/data", "/logs/mine"), null));

        Assert.Equal("open /logs/mine: permission denied", failure.Message);
    }

    [Fact]
    public void Restore_DataDirectoryCannotBeListed_IsRefusedAsOneInUse()
    {
        OfflineException failure = Assert.Throws<OfflineException>(
            () => new SnapshotRestore(new DeniedFileSystem(NewDiskWithLog(), "/data"), _ => { }).Run(Options));

        Assert.Equal("data-dir \"/data\" not empty or could not be read", failure.Message);
    }
}
