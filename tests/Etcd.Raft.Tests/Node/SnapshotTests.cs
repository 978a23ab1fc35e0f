namespace Etcd.Raft.Tests.Node;

// Raft paper, section 7.
public sealed class SnapshotTests
{
    private static readonly ConfState ThreeVoters = new() { Voters = [1, 2, 3] };

    [Fact]
    public void Leader_FollowersEntriesAreCompacted_SendsASnapshotThenTheRest()
    {
        MemberGroup group = WithFollower3Behind();

        group.Tick(1);
        group.Settle();

        Assert.Equal(group[1].Node.Commit, group[3].Node.Applied);
        Assert.Equal(ProgressState.Replicate, group[1].Node.Status.Progress[2].State);
    }

    [Fact]
    public void Leader_SnapshotIsUnderWay_SendsNothingElseUntilItsFateIsKnown()
    {
        MemberGroup group = WithFollower3Behind();
        group.Tick(1);
        group.Settle(1, 2);
        List<RaftMessage> lost = LoseSnapshot(group);
        Assert.Single(lost, m => m.Type == MessageType.Snapshot);

        group.Propose(1, "more");
        group.Settle(1, 2);
        Assert.Equal(ProgressState.Snapshot, group[1].Node.Status.Progress[2].State);

        group[1].Node.ReportSnapshot(3, delivered: false);
        Assert.Equal(ProgressState.Probe, group[1].Node.Status.Progress[2].State);
        group.Tick(1);
        group.Settle();
        Assert.Equal(group[1].Node.Commit, group[3].Node.Applied);
    }

    [Fact]
    public void Leader_StorageHasNoSnapshotToGive_AsksAgain()
    {
        var storage = new SlowSnapshots();
        storage.Log.ApplySnapshot(new Snapshot(new SnapshotMetadata(5, 1, ThreeVoters), default));
        storage.Log.SetHardState(new HardState(1, 0, 5));
        var node = new RaftNode(new RaftOptions { Id = 1, Storage = storage, Applied = 5, CoalesceSends = false });
        Lead(node);

        Refuse(node, follower: 2);
        Assert.DoesNotContain(node.TakeReady().Messages, m => m.Type == MessageType.Snapshot);
        node.Advance();

        storage.IsReady = true;
        node.Step(new RaftMessage { Type = MessageType.HeartbeatResponse, From = 2, To = 1, Term = 2 });
        Assert.Single(node.TakeReady().Messages, m => m is { Type: MessageType.Snapshot, To: 2 });
    }

    [Fact]
    public void Follower_LogHasTheSnapshotsEntry_OnlyCommits()
    {
        var member = new AsyncMember(members: ThreeVoters);
        member.Node.Step(Append(new EntryId(1, 1), new Entry(1, 2, EntryType.Normal, default), new Entry(1, 3, EntryType.Normal, default)));
        member.RunUntilIdle();

        member.Node.Step(SnapshotOf(new SnapshotMetadata(3, 1, ThreeVoters)));
        Ready ready = member.TakeReady();

        Assert.Null(ready.Snapshot);
        Assert.Equal(3UL, member.Node.Commit);
    }

    [Fact]
    public void Follower_SnapshotOfAnotherMembership_IsRefused()
    {
        var member = new AsyncMember(members: ThreeVoters);

        member.Node.Step(SnapshotOf(new SnapshotMetadata(9, 1, new ConfState { Voters = [2, 3] })));

        Assert.Null(member.TakeReady().Snapshot);
        Assert.Equal(1UL, member.Node.Commit);
    }

    [Fact]
    public void Follower_SnapshotIsNotInstalledYet_DoesNotCampaignNorApply()
    {
        var member = new AsyncMember(members: ThreeVoters);
        member.Node.Step(SnapshotOf(new SnapshotMetadata(9, 1, ThreeVoters)));
        member.Node.Step(Append(new EntryId(1, 9), new Entry(1, 10, EntryType.Normal, default)));
        member.Node.Step(new RaftMessage { Type = MessageType.Heartbeat, From = 2, To = 1, Term = 1, Commit = 10 });

        member.Node.Campaign();
        Ready ready = member.TakeReady();

        Assert.Equal(RaftRole.Follower, member.Node.SoftState.Role);
        Assert.True(ready.CommittedEntries.IsEmpty);
        member.RunUntilIdle();
        Assert.Equal(10UL, Assert.Single(member.Applied).Index);
    }

    private static MemberGroup WithFollower3Behind()
    {
        var group = new MemberGroup(3);
        group.Elect(1);
        for (int i = 0; i < 20; i++)
        {
            group.Propose(1, $"p{i}");
        }

        group.Settle(1, 2);
        group[1].Log.CreateSnapshot(group[1].Node.Applied, ThreeVoters, default);
        group[1].Log.Compact(group[1].Node.Applied);

        // What was sent to member 3 is lost, which a heartbeat's answer brings to light.
        group[1].Node.ReportUnreachable(3);
        return group;
    }

    private static List<RaftMessage> LoseSnapshot(MemberGroup group)
    {
        group.Tick(1);
        List<RaftMessage> heartbeats = MemberGroup.TakeSent(group[1]);
        group[3].Node.Step(heartbeats.Find(m => m is { Type: MessageType.Heartbeat, To: 3 })!);
        return [.. Exchange(group), .. Exchange(group)];
    }

    /// <summary>Delivers member 3's answers to member 1, and its messages to member 3 unless they are snapshots.</summary>
    private static List<RaftMessage> Exchange(MemberGroup group)
    {
        foreach (RaftMessage answer in MemberGroup.TakeSent(group[3]))
        {
            group[1].Node.Step(answer);
        }

        List<RaftMessage> sent = [.. MemberGroup.TakeSent(group[1]).Where(m => m.To == 3)];
        foreach (RaftMessage message in sent.Where(m => m.Type != MessageType.Snapshot))
        {
            group[3].Node.Step(message);
        }

        return sent;
    }

    private static void Lead(RaftNode node)
    {
        node.Campaign();
        node.TakeReady();
        node.Advance();
        node.Step(new RaftMessage { Type = MessageType.VoteResponse, From = 2, To = 1, Term = 2 });
        Assert.Equal(RaftRole.Leader, node.SoftState.Role);
        node.TakeReady();
        node.Advance();
    }

    private static void Refuse(RaftNode node, ulong follower) => node.Step(new RaftMessage
    {
        Type = MessageType.AppendResponse,
        From = follower,
        To = 1,
        Term = 2,
        Index = 5,
        Reject = true,
        RejectHint = 0,
    });

    private static RaftMessage SnapshotOf(SnapshotMetadata metadata) => new()
    {
        Type = MessageType.Snapshot,
        From = 2,
        To = 1,
        Term = 1,
        Snapshot = new Snapshot(metadata, default),
    };

    private static RaftMessage Append(EntryId previous, params Entry[] entries) => new()
    {
        Type = MessageType.Append,
        From = 2,
        To = 1,
        Term = 1,
        LogTerm = previous.Term,
        Index = previous.Index,
        Entries = entries,
    };

    /// <summary>A storage that has to make its snapshot first.</summary>
    private sealed class SlowSnapshots : IRaftLogStorage
    {
        public MemoryLog Log { get; } = new();

        public bool IsReady { get; set; }

        public HardState HardState => Log.HardState;

        public ConfState ConfState => Log.ConfState;

        public ulong FirstIndex => Log.FirstIndex;

        public ulong LastIndex => Log.LastIndex;

        public bool TryGetTerm(ulong index, out ulong term) => Log.TryGetTerm(index, out term);

        public ReadOnlyMemory<Entry> Entries(ulong first, ulong end, ulong bytesMax) => Log.Entries(first, end, bytesMax);

        public bool TryGetSnapshot(out Snapshot snapshot) => Log.TryGetSnapshot(out snapshot) && IsReady;
    }
}
