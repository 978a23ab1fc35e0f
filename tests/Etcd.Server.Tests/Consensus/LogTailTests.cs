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
