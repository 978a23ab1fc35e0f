using Etcd.Disk;
using Etcd.Server.Snapshots;
using Etcd.Server.Tests.Members;
using Etcd.Testing.SimulatedDisk;
using Etcd.Wal;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Server.Tests.Snapshots;

// With --max-snapshots=1 the file of a snapshot took the place of the one before it while the log had no record of it: a crash then left a log that
// begins later than anything there was to start from. In the same way the database of an older snapshot was deleted before it was installed.
public sealed class FilePurgingTests
{
    private const string Directory = "/data/member/snap";

    private readonly SimulatedFileSystem _disk = new();
    private ulong _recorded;
    private ulong _applied;

    public FilePurgingTests() => _disk.CreateDirectory(Directory);

    [Fact]
    public void PurgeAll_NewestSnapshotIsNotRecordedYet_KeepsTheOneThatIs()
    {
        AddSnapshots(10, 20, 30);
        _recorded = 20;
        Purge(kept: 1);
        Assert.Equal([SnapshotName(20), SnapshotName(30)], _disk.List(Directory));

        _recorded = 30;
        Purge(kept: 1);

        Assert.Equal([SnapshotName(30)], _disk.List(Directory));
    }

    [Fact]
    public void PurgeAll_NoSnapshotIsRecorded_KeepsAll()
    {
        AddSnapshots(10, 20, 30);

        Purge(kept: 1);

        Assert.Equal(3, _disk.List(Directory).Count);
    }

    [Fact]
    public void PurgeAll_MoreAreToStay_KeepsThatMany()
    {
        AddSnapshots(10, 20, 30, 40);
        _recorded = 40;

        Purge(kept: 3);

        Assert.Equal([SnapshotName(20), SnapshotName(30), SnapshotName(40)], _disk.List(Directory));
    }

    [Fact]
    public void PurgeAll_ReceivedDatabases_GoOnceApplyHasPassedThem()
    {
        Add("0000000000000014.snap.db");
        Add("000000000000001e.snap.db");
        _applied = 20;
        Purge(kept: 1);
        Assert.Equal(2, _disk.List(Directory).Count);

        _applied = 21;
        Purge(kept: 1);

        Assert.Equal(["000000000000001e.snap.db"], _disk.List(Directory));
    }

    private static string SnapshotName(ulong index) => $"0000000000000002-{index:x16}.snap";

    private void AddSnapshots(params ulong[] indexes)
    {
        foreach (ulong index in indexes)
        {
            Add(SnapshotName(index));
        }
    }

    private void Add(string name) => _disk.Open(Path.Combine(Directory, name), FileOpening.CreateNew).Dispose();

    private void Purge(int kept)
    {
        ServerOptions options = TestMember.Options with { SnapshotFilesMax = kept, WalFilesMax = 0 };
        new FilePurging(
            FilePurging.PurgersFor(_disk, options, () => _recorded),
            new SnapshotStore(_disk, Directory),
            () => _applied,
            TimeSpan.FromSeconds(30),
            TimeProvider.System,
            new ServerLog(NullLogger.Instance)).PurgeAll();
    }
}
