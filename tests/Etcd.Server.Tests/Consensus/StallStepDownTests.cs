using Etcd.Raft;
using Etcd.Server.Consensus;
using Etcd.Server.Observation;
using Etcd.Testing;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Server.Tests.Consensus;

// A leader sends heartbeats without its disk. While that does not answer it must not keep its place: it could answer none of its clients.
public sealed class StallStepDownTests
{
    private const int ElectionTicks = 10;

    private readonly ManualTimeProvider _time = new();
    private readonly LogStallWatch _watch;
    private readonly Dictionary<ulong, Member> _members = [];

    public StallStepDownTests()
    {
        _watch = new LogStallWatch(
            TimeSpan.FromSeconds(2), _time, new ServerInstruments(_time), new ConsensusLog(NullLogger.Instance));
    }

    [Fact]
    public void Leader_DiskDoesNotAnswer_AnotherLeadsWithinATickAndCommits()
    {
        Member stalled = StartAsLeader(members: 3);
        Stall(stalled);

        TickAll();

        Member next = Assert.Single(_members.Values, member => member.IsLeader);
        Assert.NotSame(stalled, next);
        ulong before = next.Node.Commit;
        Assert.Equal(ProposeOutcome.Accepted, next.Node.Propose(new byte[] { 1 }));
        DeliverAll();
        Assert.True(next.Node.Commit > before);
    }

    [Fact]
    public void Leader_NobodyTakesOver_StepsDownAndTheOthersElect()
    {
        Member stalled = StartAsLeader(members: 3);
        Stall(stalled);
        bool Passes(RaftMessage message) => message.Type != MessageType.TimeoutNow;

        for (int tick = 0; tick <= ElectionTicks; tick++)
        {
            TickAll(Passes);
        }

        Assert.False(stalled.IsLeader);
        int ticks = 0;
        while (!_members.Values.Any(member => member.IsLeader))
        {
            Assert.True(++ticks <= 4 * ElectionTicks, "the others elect nobody");
            TickAll(Passes);
        }

        Assert.False(stalled.IsLeader);
    }

    [Fact]
    public void Member_DiskDoesNotAnswer_StandsForElectionAgainWhenItDoes()
    {
        Member stalled = StartAsLeader(members: 3);
        Stall(stalled);
        TickAll();
        Member next = Assert.Single(_members.Values, member => member.IsLeader);
        for (int tick = 0; tick < 5 * ElectionTicks; tick++)
        {
            // Nobody's word reaches it.
            stalled.Tick();
        }

        Assert.Equal(RaftRole.Follower, stalled.Node.SoftState.Role);
        ulong term = stalled.Node.Term;
        next.Node.TransferLeadership(1);
        DeliverAll();
        Assert.True(next.IsLeader);
        Assert.Equal(term, next.Node.Term);

        Recover(stalled);
        for (int tick = 0; tick <= ElectionTicks; tick++)
        {
            TickAll();
        }

        next.Node.TransferLeadership(1);
        DeliverAll();
        Assert.True(stalled.IsLeader);
    }

    // Two members need both disks whoever leads, and a lone member has nobody; what they have is read as before.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Leader_OthersAreNoQuorum_KeepsItsPlace(int members)
    {
        Member stalled = StartAsLeader(members);
        Stall(stalled);

        for (int tick = 0; tick < 5 * ElectionTicks; tick++)
        {
            TickAll();
        }

        Assert.True(stalled.IsLeader);
    }

    [Fact]
    public void Leader_OthersAreNotHeardOf_KeepsItsPlaceUntilTheyAre()
    {
        Member stalled = StartAsLeader(members: 5);

        // Of five, two are a quorum with this one only.
        static bool Passes(RaftMessage message) => !(message.To is 4 or 5 || message.From is 4 or 5);
        for (int tick = 0; tick < 2 * ElectionTicks; tick++)
        {
            TickAll(Passes);
        }

        Stall(stalled);
        for (int tick = 0; tick < 2 * ElectionTicks; tick++)
        {
            TickAll(Passes);
        }

        Assert.True(stalled.IsLeader);

        for (int tick = 0; tick < 2; tick++)
        {
            TickAll();
        }

        Assert.False(stalled.IsLeader);
        Assert.Single(_members.Values, member => member.IsLeader);
    }

    // A disk that all share, or that all wait for: nobody else could do any better.
    [Fact]
    public void Leader_DisksOfTheOthersDoNotAnswerEither_KeepsItsPlaceUntilOneGoesOn()
    {
        Member stalled = StartAsLeader(members: 3);
        foreach (Member member in _members.Values)
        {
            member.DiskAnswers = false;
        }

        Assert.Equal(ProposeOutcome.Accepted, stalled.Node.Propose(new byte[] { 1 }));
        Stall(stalled);
        for (int tick = 0; tick < 5 * ElectionTicks; tick++)
        {
            TickAll();
        }

        Assert.True(stalled.IsLeader);

        _members[2].DiskAnswers = true;
        _members[3].DiskAnswers = true;
        for (int tick = 0; tick < 3; tick++)
        {
            TickAll();
        }

        Assert.False(stalled.IsLeader);
        Assert.Single(_members.Values, member => member.IsLeader);
    }

    private Member StartAsLeader(int members)
    {
        var configuration = new ConfState { Voters = [.. Enumerable.Range(1, members).Select(id => (ulong)id)] };
        foreach (ulong id in configuration.Voters)
        {
            _members[id] = new Member(id, configuration, node => new StallStepDown(node, id == 1 ? _watch : Healthy(), ElectionTicks));
        }

        _members[1].Node.Campaign();
        DeliverAll();
        TickAll();
        Assert.True(_members[1].IsLeader);
        return _members[1];
    }

    private LogStallWatch Healthy() => new(
        TimeSpan.FromSeconds(2), _time, new ServerInstruments(_time), new ConsensusLog(NullLogger.Instance));

    private void Stall(Member member)
    {
        member.DiskAnswers = false;
        _watch.Begins(_time.GetTimestamp());
        _time.Advance(TimeSpan.FromSeconds(3));
        _watch.Look();
    }

    private void Recover(Member member)
    {
        _watch.Ended();
        _watch.Look();
        member.DiskAnswers = true;
        DeliverAll();
    }

    private void TickAll(Func<RaftMessage, bool>? passes = null)
    {
        foreach (Member member in _members.Values)
        {
            member.Tick();
        }

        DeliverAll(passes);
    }

    private void DeliverAll(Func<RaftMessage, bool>? passes = null)
    {
        RaftMessage[] sent;
        do
        {
            sent = [.. _members.Values.SelectMany(member => member.TakeSent())];
            foreach (RaftMessage message in sent.Where(message => passes?.Invoke(message) ?? true))
            {
                _members[message.To].Node.Step(message);
            }
        }
        while (sent.Length > 0);
    }

    /// <summary>A raft node whose disk may leave its writes unanswered.</summary>
    private sealed class Member
    {
        private readonly MemoryLog _log = new();
        private readonly Queue<RaftMessage> _writes = new();
        private readonly List<RaftMessage> _sent = [];
        private readonly StallStepDown _rule;

        public Member(ulong id, ConfState configuration, Func<RaftNode, StallStepDown> rule)
        {
            _log.ApplySnapshot(new Snapshot(new SnapshotMetadata(1, 1, configuration), default));
            Node = new RaftNode(new RaftOptions
            {
                Id = id,
                Storage = _log,
                Applied = 1,
                AsyncStorageWrites = true,
                ElectionTicks = ElectionTicks,
                CheckQuorum = true,
                PreVote = true,
                Seed = id,
            });
            _rule = rule(Node);
        }

        public RaftNode Node { get; }

        public bool DiskAnswers { get; set; } = true;

        public bool IsLeader => Node.SoftState.Role == RaftRole.Leader;

        public void Tick()
        {
            _rule.Tick();
            Node.Tick();
        }

        public List<RaftMessage> TakeSent()
        {
            while (Node.HasReady || (DiskAnswers && _writes.Count > 0))
            {
                foreach (RaftMessage message in Node.TakeReady().Messages)
                {
                    Carry(message);
                }

                while (DiskAnswers && _writes.TryDequeue(out RaftMessage? write))
                {
                    _log.Append(write.Entries.Span);
                    Answer(write);
                }
            }

            List<RaftMessage> sent = [.. _sent];
            _sent.Clear();
            return sent;
        }

        private void Carry(RaftMessage message)
        {
            switch (message.To)
            {
                case RaftMessage.LocalAppendThread:
                    _writes.Enqueue(message);
                    break;
                case RaftMessage.LocalApplyThread:
                    Answer(message);
                    break;
                default:
                    _sent.Add(message);
                    break;
            }
        }

        private void Answer(RaftMessage work)
        {
            foreach (RaftMessage response in work.Responses)
            {
                if (response.To == Node.Status.Id)
                {
                    Node.Step(response);
                }
                else
                {
                    _sent.Add(response);
                }
            }
        }
    }
}
