using Etcd.Raft;
using Etcd.Server.Consensus;
using Etcd.Testing;

namespace Etcd.Server.Tests.Consensus;

// What another member may still need stays in memory, within bounds: what is gone costs a snapshot of the whole store.
public sealed class LogTailTests
{
    private const ulong CatchUp = 5;
    private const ulong Most = 50;

    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Applied_NobodyLagsBehind_KeepsTheCatchUpEntries()
    {
        (SteppedNode raft, LogTail tail, ulong last) = Leader(new ConfState { Voters = [1] });

        tail.Applied(last, new ConfState { Voters = [1] });

        Assert.Equal(last - CatchUp + 1, raft.Log.FirstIndex);
    }

    [Fact]
    public void Applied_AMemberLagsBehind_KeepsMoreButNotAll()
    {
        (SteppedNode raft, LogTail tail, ulong last) = Leader(new ConfState { Voters = [1], Learners = [2] });

        tail.Applied(last, new ConfState { Voters = [1], Learners = [2] });

        Assert.Equal(last - Most + 1, raft.Log.FirstIndex);
    }

    // Raft fails when it is to send a snapshot and there is none.
    [Fact]
    public void Applied_EntriesAreCutOff_ASnapshotStandsWhereTheLogBegins()
    {
        (SteppedNode raft, LogTail tail, ulong last) = Leader(new ConfState { Voters = [1] });
        var configuration = new ConfState { Voters = [1], Learners = [7] };

        tail.Applied(last, configuration);

        Assert.True(raft.Log.TryGetSnapshot(out Snapshot snapshot));
        Assert.Equal(raft.Log.FirstIndex - 1, snapshot.Metadata.Index);
        Assert.Same(configuration, snapshot.Metadata.ConfState);
    }

    // etcd: one snapshot on its way holds the log until half a minute after its end.
    [Fact]
    public void Applied_ASnapshotIsUnderWay_KeepsEverythingUntilItsReceiverHasCaughtUp()
    {
        (SteppedNode raft, LogTail tail, ulong last) = Leader(new ConfState { Voters = [1] });
        ulong first = raft.Log.FirstIndex;

        tail.SnapshotBegan();
        tail.Applied(last, new ConfState { Voters = [1] });
        Assert.Equal(first, raft.Log.FirstIndex);

        tail.SnapshotEnded(delivered: true);
        _time.Advance(TimeSpan.FromSeconds(29));
        tail.Applied(last, new ConfState { Voters = [1] });
        Assert.Equal(first, raft.Log.FirstIndex);

        _time.Advance(TimeSpan.FromSeconds(1));
        tail.Applied(last, new ConfState { Voters = [1] });
        Assert.Equal(last - CatchUp + 1, raft.Log.FirstIndex);
    }

    // A follower that kept no more than the catch-up entries had, as the next leader, only a snapshot for a member that was away shortly.
    [Fact]
    public void Applied_OnAFollower_KeepsWhatAMemberThatIsAwayMayWant()
    {
        (SteppedNode raft, LogTail tail, ulong last) = Follower(entries: 100, dataBytes: 1);

        tail.Applied(last, new ConfState { Voters = [1, 2] });

        Assert.Equal(last - Most + 1, raft.Log.FirstIndex);
    }

    [Fact]
    public void Applied_OnAFollowerWithLargeEntries_KeepsNoMoreThanItsMemoryAllows()
    {
        const int dataBytes = 8 << 20;
        (SteppedNode raft, LogTail tail, ulong last) = Follower(entries: 0, dataBytes);
        for (int i = 0; i < 30; i++)
        {
            last = Persist(tail, last, entries: 1, dataBytes);
            tail.Applied(last, new ConfState { Voters = [1, 2] });
        }

        // Looked at every other entry, so it may be two more.
        ulong kept = last - raft.Log.FirstIndex + 1;
        Assert.InRange(kept, CatchUp, (ulong)(LogTail.FollowerBytesMax / dataBytes) + 2);
    }

    private (SteppedNode Raft, LogTail Tail, ulong Last) Follower(int entries, int dataBytes)
    {
        var raft = new SteppedNode(new ConfState { Voters = [1, 2] });
        raft.Follow(2);
        var tail = new LogTail(raft.Log, raft.Node, CatchUp, Most, _time);
        return (raft, tail, Persist(tail, raft.Log.LastIndex, entries, dataBytes));
    }

    private static ulong Persist(LogTail tail, ulong last, int entries, int dataBytes)
    {
        byte[] data = new byte[dataBytes];
        tail.Persisted(new RaftMessage
        {
            Type = MessageType.StorageAppend,
            Entries = Enumerable.Range(1, entries).Select(number => new Entry(2, last + (ulong)number, EntryType.Normal, data)).ToArray(),
        });
        return last + (ulong)entries;
    }

    private (SteppedNode Raft, LogTail Tail, ulong Last) Leader(ConfState configuration)
    {
        var raft = new SteppedNode(configuration);
        raft.Node.Campaign();
        raft.Settle();
        for (int i = 0; i < 100; i++)
        {
            raft.Node.Propose(new byte[] { 1 });
        }

        raft.Settle();
        return (raft, new LogTail(raft.Log, raft.Node, CatchUp, Most, _time), raft.Log.LastIndex);
    }
}
