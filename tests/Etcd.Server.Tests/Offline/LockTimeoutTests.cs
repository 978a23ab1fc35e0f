using System.Diagnostics;

using Etcd.Bolt;
using Etcd.Server.Bootstrap;
using Etcd.Server.Offline;
using Etcd.Server.Offline.Inspection;
using Etcd.Server.Offline.Replay;
using Etcd.Testing.SimulatedDisk;

using static Etcd.Server.Tests.Offline.OfflineDisk;

namespace Etcd.Server.Tests.Offline;

/// <summary><c>--timeout</c>: how long a file is waited for that another process has open. That it is waited for shows by the time that passes.</summary>
public sealed class LockTimeoutTests
{
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(200);

    private static readonly DataDirectory Member = new("/data", null);

    [Fact]
    public void Backup_SourceIsInUse_WaitsAsLongAsToldTo() => AssertWaits(disk => new MemberBackup(disk, _ => { }) { LockTimeout = Wait }.Run(
        new MemberBackupOptions(Member, new DataDirectory("/backup", null), WithDatabase: true)));

    [Fact]
    public void Repair_DirectoryIsInUse_WaitsAsLongAsToldTo()
    {
        SimulatedFileSystem disk = NewDiskWithLog();
        string log = Path.Combine(Member.Wal, disk.List(Member.Wal).Single(name => name.EndsWith(".wal", StringComparison.Ordinal)));
        byte[] bytes = Read(disk, log);
        bytes[700] ^= 0x10;
        Write(disk, log, bytes);
        LogRepair plan = LogRepair.Plan(disk, Member, null)!;

        AssertWaits(disk, held => plan.Run(held, Member, "/kept", Wait));
    }

    [Fact]
    public void RollForward_DatabaseToCompareWithIsInUse_WaitsAsLongAsToldTo() => AssertWaits(disk => Restore(disk, Options with
    {
        DataDirectory = "/forward",
        RollForwardTo = LogPoint.At(disk, "/data", null, TimeProvider.System, Wait),
    }));

    private static void AssertWaits(Action<SimulatedFileSystem> work) => AssertWaits(NewDiskWithLog(), work);

    private static void AssertWaits(SimulatedFileSystem disk, Action<SimulatedFileSystem> work)
    {
        using BoltDatabase holder = BoltDatabase.Open(disk, Member.Backend, new BoltOptions { InitialMapBytes = 1 << 20 });
        long begun = Stopwatch.GetTimestamp();

        OfflineException refused = Assert.Throws<OfflineException>(() => work(disk));

        Assert.Contains("in use by another process", refused.Message, StringComparison.Ordinal);
        Assert.True(Stopwatch.GetElapsedTime(begun) >= Wait - TimeSpan.FromMilliseconds(20));
    }
}
