using Etcd.Raft;
using Etcd.Server.Membership;
using Etcd.Server.Observation;
using Etcd.Server.Snapshots;
using Etcd.Testing.SimulatedDisk;
using Etcd.Wal;

namespace Etcd.Server.Tests.Snapshots;

// What would make the installation fail is refused before raft hears of it, and nothing is left of it.
public sealed class SnapshotReceiverTests
{
    private const string Directory = "/data/member/snap";

    [Fact]
    public async Task Receive_WholeSnapshot_IsStoredAndGivenToRaft()
    {
        LeaderSnapshot snapshot = await LeaderSnapshot.MakeAsync();
        var bench = new Bench(snapshot);

        await bench.ReceiveAsync(snapshot.Message, snapshot.Database);

        Assert.Equal([snapshot.Message], bench.Accepted);
        Assert.NotNull(bench.Store.FindDatabase(snapshot.Snapshot.Metadata.Index));
    }

    [Fact]
    public async Task Receive_DatabaseCutShortOrGarbage_IsRefusedAndAWholeOneTakenAfterwards()
    {
        LeaderSnapshot snapshot = await LeaderSnapshot.MakeAsync();
        var bench = new Bench(snapshot);
        IReadOnlyList<string> before = bench.Files;
        byte[] torn = [.. snapshot.Database];
        torn.AsSpan(2 * 4096).Clear();
        byte[] garbage = new byte[snapshot.Database.Length];
        new Random(1).NextBytes(garbage);

        foreach (byte[] damaged in (byte[][])[[], snapshot.Database[..4096], snapshot.Database[..^4096], garbage, torn])
        {
            await Assert.ThrowsAnyAsync<IOException>(() => bench.ReceiveAsync(snapshot.Message, damaged));
        }

        Assert.Empty(bench.Accepted);
        Assert.Equal(before, bench.Files);
        await bench.ReceiveAsync(snapshot.Message, snapshot.Database);
        Assert.Single(bench.Accepted);
    }

    [Fact]
    public async Task Receive_DatabaseBehindItsSnapshot_IsRefused()
    {
        LeaderSnapshot snapshot = await LeaderSnapshot.MakeAsync();
        var bench = new Bench(snapshot);
        SnapshotMetadata metadata = snapshot.Snapshot.Metadata;

        IOException refusal = await Assert.ThrowsAsync<IOException>(() => bench.ReceiveAsync(
            With(snapshot, snapshot.Snapshot with { Metadata = metadata with { Index = metadata.Index + 1 } }), snapshot.Database));

        Assert.Contains("behind its snapshot", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(bench.Accepted);
    }

    // A real member rebuilds its member list from the tree: an empty or partial one would wipe it.
    [Fact]
    public async Task Receive_TreeWithoutAllMembersOrNoTree_IsRefused()
    {
        LeaderSnapshot snapshot = await LeaderSnapshot.MakeAsync();
        var bench = new Bench(snapshot);
        ReadOnlyMemory<byte> empty = LeaderSnapshot.TreeOf(new ClusterView(1, [], [], "3.5.0"));

        foreach (ReadOnlyMemory<byte> tree in (ReadOnlyMemory<byte>[])[empty, "{}"u8.ToArray(), default, new byte[] { 1, 2, 3 }])
        {
            await Assert.ThrowsAsync<IOException>(() => bench.ReceiveAsync(
                With(snapshot, snapshot.Snapshot with { Data = tree }), snapshot.Database));
        }

        Assert.Empty(bench.Accepted);
    }

    [Fact]
    public async Task Receive_DiskIsFull_IsRefusedAndLeavesNothingBehind()
    {
        LeaderSnapshot snapshot = await LeaderSnapshot.MakeAsync();
        var bench = new Bench(snapshot);
        IReadOnlyList<string> before = bench.Files;
        bench.Disk.CapacityBytes = bench.Disk.UsedBytes + 8192;

        await Assert.ThrowsAnyAsync<IOException>(() => bench.ReceiveAsync(snapshot.Message, snapshot.Database));

        Assert.Equal(before, bench.Files);
        Assert.Empty(bench.Accepted);
    }

    [Fact]
    public async Task Receive_MemberStops_IsRefusedAndLeavesNothingBehind()
    {
        LeaderSnapshot snapshot = await LeaderSnapshot.MakeAsync();
        var bench = new Bench(snapshot) { Accepts = static () => false };
        IReadOnlyList<string> before = bench.Files;

        await Assert.ThrowsAsync<IOException>(() => bench.ReceiveAsync(snapshot.Message, snapshot.Database));

        Assert.Equal(before, bench.Files);
    }

    // The file that raft has been told of is to be installed, whatever becomes of others of its name.
    [Fact]
    public async Task Receive_SameSnapshotAgainAndRefused_KeepsTheFileOfTheFirst()
    {
        LeaderSnapshot snapshot = await LeaderSnapshot.MakeAsync();
        var bench = new Bench(snapshot);
        await bench.ReceiveAsync(snapshot.Message, snapshot.Database);

        bench.Accepts = static () => false;
        await Assert.ThrowsAsync<IOException>(() => bench.ReceiveAsync(snapshot.Message, snapshot.Database));

        Assert.NotNull(bench.Store.FindDatabase(snapshot.Snapshot.Metadata.Index));
    }

    [Fact]
    public async Task Receive_RefusedWhileAnotherSenderBroughtTheSame_KeepsTheFile()
    {
        LeaderSnapshot snapshot = await LeaderSnapshot.MakeAsync();
        var bench = new Bench(snapshot);
        Task? second = null;
        bench.Accepts = () =>
        {
            bench.Accepts = static () => true;
            second = bench.ReceiveAsync(snapshot.Message, snapshot.Database);
            return false;
        };

        await Assert.ThrowsAsync<IOException>(() => bench.ReceiveAsync(snapshot.Message, snapshot.Database));
        await second!;

        Assert.Single(bench.Accepted);
        Assert.NotNull(bench.Store.FindDatabase(snapshot.Snapshot.Metadata.Index));
    }

    private static RaftMessage With(LeaderSnapshot leader, Snapshot snapshot) => new()
    {
        Type = MessageType.Snapshot,
        From = leader.Message.From,
        To = leader.Message.To,
        Term = leader.Message.Term,
        Snapshot = snapshot,
    };

    private sealed class Bench
    {
        private readonly SnapshotReceiver _receiver;

        public Bench(LeaderSnapshot snapshot)
        {
            Disk = snapshot.NewDisk();
            Store = new SnapshotStore(Disk, Directory);
            _receiver = new SnapshotReceiver(Disk, Store, new ServerInstruments(TimeProvider.System), Accept);
        }

        public SimulatedFileSystem Disk { get; }

        public SnapshotStore Store { get; }

        public Func<bool> Accepts { get; set; } = static () => true;

        public List<RaftMessage> Accepted { get; } = [];

        public IReadOnlyList<string> Files => Disk.List(Directory);

        public Task ReceiveAsync(RaftMessage message, byte[] database) =>
            _receiver.ReceiveAsync(message, new MemoryStream(database), CancellationToken.None);

        private bool Accept(RaftMessage message)
        {
            bool isAccepted = Accepts();
            if (isAccepted)
            {
                Accepted.Add(message);
            }

            return isAccepted;
        }
    }
}
