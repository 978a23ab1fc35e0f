using Etcd.Raft;
using Etcd.Server.Consensus;
using Etcd.Server.Observation;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Server.Tests.Consensus;

// Raft dissertation, section 6.4: a read waits for the index its round names, and for no later one.
public sealed class ReadIndexRoundsTests
{
    private readonly MemoryLog _log = new();
    private readonly RaftNode _node;
    private readonly ReadIndexRounds _rounds;
    private readonly ServerInstruments _instruments = new(TimeProvider.System);

    public ReadIndexRoundsTests()
    {
        _log.ApplySnapshot(new Snapshot(new SnapshotMetadata(1, 1, new ConfState { Voters = [1] }), default));
        _node = new RaftNode(new RaftOptions { Id = 1, Storage = _log, Applied = 1, Seed = 1 });
        _rounds = new ReadIndexRounds(_node, new RequestIdGenerator(1, DateTimeOffset.UnixEpoch), TimeProvider.System,
            _instruments, new ConsensusLog(NullLogger.Instance));
        _node.Campaign();
        Settle();
    }

    [Fact]
    public void Release_RoundNamesAnIndexAppliedBefore_LetsTheReadGoOn()
    {
        var waiter = new ReadWaiter(deadline: 100, TaskCreationOptions.RunContinuationsAsynchronously);
        _rounds.Add(waiter);
        _rounds.StartIfWanted(_node.SoftState.Leader);

        Settle();
        _rounds.Release(_node.Commit);

        Assert.True(waiter.Confirmed.IsCompletedSuccessfully);
    }

    [Fact]
    public void Release_IndexNotAppliedYet_KeepsTheReadWaitingUntilItsDeadline()
    {
        var waiter = new ReadWaiter(deadline: 100, TaskCreationOptions.RunContinuationsAsynchronously);
        _rounds.Add(waiter);
        _rounds.StartIfWanted(_node.SoftState.Leader);
        Settle();

        _rounds.Release(_node.Commit - 1);
        _rounds.Tick(now: 99);
        Assert.False(waiter.Confirmed.IsCompleted);

        _rounds.Tick(now: 100);
        Assert.True(waiter.Confirmed.IsFaulted);
    }

    // Whoever has been let go on waits for nothing, and is not late.
    [Fact]
    public void Tick_ConfirmedAndOnlyTheLeaderWasAsked_CountsNoSlowRead()
    {
        var waiter = new ReadWaiter(deadline: 100, TaskCreationOptions.RunContinuationsAsynchronously, needsApplied: false);
        _rounds.Add(waiter);
        _rounds.StartIfWanted(_node.SoftState.Leader);
        Settle();

        _rounds.Release(_node.Commit - 1);
        _rounds.Tick(now: 100);

        Assert.True(waiter.Confirmed.IsCompletedSuccessfully);
        Assert.Equal(0, _instruments.SlowReadIndexes);
    }

    [Fact]
    public void StartIfWanted_RoundUnderWay_GathersForTheNextOne()
    {
        var first = new ReadWaiter(deadline: 100, TaskCreationOptions.RunContinuationsAsynchronously);
        var second = new ReadWaiter(deadline: 100, TaskCreationOptions.RunContinuationsAsynchronously);
        _rounds.Add(first);
        _rounds.StartIfWanted(leader: 1);
        _rounds.Add(second);
        _rounds.StartIfWanted(leader: 1);

        Settle();
        _rounds.Release(_node.Commit);

        Assert.True(first.Confirmed.IsCompleted);
        Assert.False(second.Confirmed.IsCompleted);
    }

    [Fact]
    public void Close_FailsAllThatWait()
    {
        var waiter = new ReadWaiter(deadline: 100, TaskCreationOptions.RunContinuationsAsynchronously);
        _rounds.Add(waiter);

        _rounds.Close();

        Assert.True(waiter.Confirmed.IsFaulted);
    }

    private void Settle()
    {
        while (_node.HasReady)
        {
            Ready ready = _node.TakeReady();
            _log.Append(ready.Entries.Span);
            _rounds.Take(ready.ReadStates);
            _node.Advance();
        }
    }
}
