namespace Etcd.Raft;

/// <summary>Configuration of a <see cref="RaftNode"/>.</summary>
public sealed record RaftOptions
{
    /// <summary>This member's id; not 0 and not one of the local thread ids.</summary>
    public required ulong Id { get; init; }

    /// <summary>Ticks without word from a leader before an election; each wait is drawn from this number up to below twice it.
    /// More than <see cref="HeartbeatTicks"/>.</summary>
    public int ElectionTicks { get; init; } = 10;

    /// <summary>Ticks between heartbeats of a leader, from 1.</summary>
    public int HeartbeatTicks { get; init; } = 1;

    /// <summary>The stored log to start from. The node only reads it.</summary>
    public required IRaftLogStorage Storage { get; init; }

    /// <summary>Last index the application has applied already; 0 to have everything after the stored snapshot handed out again.</summary>
    public ulong Applied { get; init; }

    /// <summary>Whether storage work is handed out as messages to the local threads, to be answered when it is done,
    /// in place of <see cref="RaftNode.Advance"/>.</summary>
    public bool AsyncStorageWrites { get; init; }

    /// <summary>Most bytes of entries in one append message; one entry always fits. 0 for one entry a message.</summary>
    public ulong MessageBytesMax { get; init; } = 1024 * 1024;

    /// <summary>Most bytes of committed entries handed out and not yet reported as applied; one entry always fits.
    /// 0 takes <see cref="MessageBytesMax"/>.</summary>
    public ulong CommittedBytesPerReadyMax { get; init; }

    /// <summary>Most payload bytes in the leader's log above the commit index before proposals are dropped; 0 for no limit.</summary>
    public ulong UncommittedBytesMax { get; init; }

    /// <summary>Most append messages sent to one member and not yet answered, from 1.</summary>
    public int InflightMessagesMax { get; init; } = 256;

    /// <summary>Most payload bytes sent to one member and not yet answered; 0 for no limit.</summary>
    public ulong InflightBytesMax { get; init; }

    /// <summary>Whether a leader steps down when it has not heard of a quorum for an election time-out, and whether
    /// members refuse votes while they hear of a leader (raft thesis, sections 6.2 and 4.2.3).</summary>
    public bool CheckQuorum { get; init; }

    /// <summary>Whether an election is preceded by a question round that raises no term (raft thesis, section 9.6).</summary>
    public bool PreVote { get; init; }

    /// <summary>How read-index requests are made safe.</summary>
    public ReadOnlyOption ReadOnlyOption { get; init; }

    /// <summary>Whether a follower drops proposals instead of forwarding them to the leader.</summary>
    public bool DisableProposalForwarding { get; init; }

    /// <summary>Whether the leader takes configuration changes without checking them against the one in force.</summary>
    public bool DisableConfChangeValidation { get; init; }

    /// <summary>Whether a leader that is removed or demoted steps down at once.</summary>
    public bool StepDownOnRemoval { get; init; }

    /// <summary>Whether a leader waits with append messages and read rounds until <see cref="RaftNode.TakeReady"/>, so that all
    /// proposals and reads since the last one travel together. Nothing leaves a node earlier in any case; off, each
    /// makes its own messages.</summary>
    public bool CoalesceSends { get; init; } = true;

    /// <summary>Seed of the election time-outs. Members of one cluster should have different ones.</summary>
    public ulong Seed { get; init; }

    /// <summary>Receives what the node does; <see langword="null"/> for nobody.</summary>
    public IRaftObserver? Observer { get; init; }

    /// <summary>What a leader may commit.</summary>
    internal CommitRule CommitRule { get; init; } = CommitRule.OwnTermOnly;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    internal void Validate()
    {
        Require(Id is not (0 or RaftMessage.LocalAppendThread or RaftMessage.LocalApplyThread), "Id must be a member id");
        Require(HeartbeatTicks > 0, "HeartbeatTicks must be greater than 0");
        Require(ElectionTicks > HeartbeatTicks, "ElectionTicks must be greater than HeartbeatTicks");
        Require(InflightMessagesMax > 0, "InflightMessagesMax must be greater than 0");
        Require(InflightBytesMax == 0 || InflightBytesMax >= MessageBytesMax, "InflightBytesMax must not be below MessageBytesMax");
        Require(
            ReadOnlyOption != ReadOnlyOption.LeaseBased || CheckQuorum,
            "CheckQuorum must be on when ReadOnlyOption is LeaseBased");
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new ArgumentException(message);
        }
    }
}
