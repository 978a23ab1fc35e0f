namespace Etcd.Raft.Tests.Node;

public sealed class StartTests
{
    private static readonly ConfState ThreeVoters = new() { Voters = [1, 2, 3] };

    // The applier may store its state before the log writer stores the commit index that allowed it.
    [Fact]
    public void Start_AppliedIsAheadOfTheStoredCommitIndex_CountsAsCommitted()
    {
        MemoryLog log = LogWith(entries: 4, commit: 2);

        var node = new RaftNode(new RaftOptions { Id = 1, Storage = log, Applied = 4 });

        Assert.Equal((4UL, 4UL), (node.Commit, node.Applied));
        Assert.False(node.HasReady);
    }

    [Fact]
    public void Start_CommitIndexBeyondTheLog_StopsTheMember()
    {
        MemoryLog log = LogWith(entries: 4, commit: 9);

        Assert.Throws<InvariantViolationException>(() => new RaftNode(new RaftOptions { Id = 1, Storage = log }));
    }

    [Fact]
    public void Start_NothingAppliedYet_HandsOutCommittedEntriesAgain()
    {
        MemoryLog log = LogWith(entries: 4, commit: 3);

        var node = new RaftNode(new RaftOptions { Id = 1, Storage = log, AsyncStorageWrites = true });

        Assert.Equal([2UL, 3UL], node.TakeReady().CommittedEntries.ToArray().Select(e => e.Index));
    }

    // A snapshot replaces the configuration at once; a change handed out before it is part of it.
    [Fact]
    public void ApplyConfChange_EntryHandedOutBeforeASnapshot_ChangesNothing()
    {
        var member = new AsyncMember(members: ThreeVoters);
        var newer = new ConfState { Voters = [1, 2, 3, 4] };
        member.Node.Step(new RaftMessage
        {
            Type = MessageType.Snapshot,
            From = 2,
            To = 1,
            Term = 1,
            Snapshot = new Snapshot(new SnapshotMetadata(10, 1, newer), default),
        });
        var addition = new ConfChangeV2 { Changes = [new ConfChangeSingle(ConfChangeType.RemoveNode, 2)] };

        ConfState early = member.Node.ApplyConfChange(addition, index: 10);
        ConfState late = member.Node.ApplyConfChange(addition, index: 11);

        Assert.Equal(newer, early);
        Assert.Equal([1UL, 3UL, 4UL], late.Voters);
    }

    // Incident #18055: two snapshots in short order stopped the member.
    [Fact]
    public void Follower_SecondSnapshotBeforeTheFirstIsWritten_EndsAtTheSecond()
    {
        var member = new AsyncMember(members: ThreeVoters);
        foreach (ulong index in new ulong[] { 10, 20 })
        {
            member.Node.Step(new RaftMessage
            {
                Type = MessageType.Snapshot,
                From = 2,
                To = 1,
                Term = 1,
                Snapshot = new Snapshot(new SnapshotMetadata(index, 1, ThreeVoters), default),
            });
            member.TakeReady();
        }

        member.WriteLog();
        Assert.Equal((20UL, 10UL), (member.Node.Commit, member.Node.Applied));
        member.WriteLog();

        Assert.Equal((20UL, 20UL), (member.Node.Commit, member.Node.Applied));
        Assert.True(member.Node.Core.IsPromotable);
        Assert.Equal([10UL, 20UL], member.Sent.Where(m => m.Type == MessageType.AppendResponse).Select(m => m.Index));
    }

    [Fact]
    public void ApplyConfChange_DoesNotFit_StopsTheMember()
    {
        var member = new AsyncMember(members: ThreeVoters);
        var change = new ConfChangeV2 { Changes = [new ConfChangeSingle(ConfChangeType.RemoveNode, 2)] };
        member.Node.ApplyConfChange(change with { Transition = ConfChangeTransition.JointExplicit });

        Assert.Throws<InvariantViolationException>(() => member.Node.ApplyConfChange(change));
    }

    [Fact]
    public void Bootstrap_LogIsNotEmpty_IsRefused()
    {
        var member = new AsyncMember(members: ThreeVoters);

        Assert.Throws<InvalidOperationException>(() => member.Node.Bootstrap([new ConfChange(ConfChangeType.AddNode, 1)]));
    }

    [Fact]
    public void Advance_WithAsynchronousStorageWrites_IsRefused()
    {
        var member = new AsyncMember(members: ThreeVoters);

        Assert.Throws<InvalidOperationException>(member.Node.Advance);
    }

    public static TheoryData<RaftOptions> BadOptions
    {
        get
        {
            var good = new RaftOptions { Id = 1, Storage = new MemoryLog() };
            return
            [
                good with { Id = 0 },
                good with { Id = RaftMessage.LocalAppendThread },
                good with { HeartbeatTicks = 0 },
                good with { ElectionTicks = 1 },
                good with { InflightMessagesMax = 0 },
                good with { InflightBytesMax = 1 },
                good with { ReadOnlyOption = ReadOnlyOption.LeaseBased },
            ];
        }
    }

    [Theory]
    [MemberData(nameof(BadOptions), DisableDiscoveryEnumeration = true)]
    public void Start_OptionOutOfRange_IsRefused(RaftOptions options) =>
        Assert.Throws<ArgumentException>(() => new RaftNode(options));

    private static MemoryLog LogWith(ulong entries, ulong commit)
    {
        var log = new MemoryLog();
        log.ApplySnapshot(new Snapshot(new SnapshotMetadata(1, 1, ThreeVoters), default));
        for (ulong index = 2; index <= entries; index++)
        {
            log.Append([new Entry(1, index, EntryType.Normal, default)]);
        }

        log.SetHardState(new HardState(1, 0, commit));
        return log;
    }
}
