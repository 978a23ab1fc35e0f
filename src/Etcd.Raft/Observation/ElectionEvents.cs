namespace Etcd.Raft;

/// <summary>The node follows from now on.</summary>
/// <param name="Term">Current term.</param>
public sealed record BecameFollower(ulong Term) : RaftEvent;

/// <summary>The node asks whether it would be elected.</summary>
/// <param name="Term">Current term, not raised yet.</param>
public sealed record BecamePreCandidate(ulong Term) : RaftEvent;

/// <summary>The node asks for votes.</summary>
/// <param name="Term">The new term.</param>
public sealed record BecameCandidate(ulong Term) : RaftEvent;

/// <summary>The node leads from now on.</summary>
/// <param name="Term">The term it leads.</param>
public sealed record BecameLeader(ulong Term) : RaftEvent;

/// <summary>An election begins, after a time-out or on request.</summary>
/// <param name="Term">Term before the election.</param>
public sealed record ElectionStarted(ulong Term) : RaftEvent;

/// <summary>Why an election was not started.</summary>
public enum CampaignRefusal
{
    /// <summary>The node leads already.</summary>
    AlreadyLeader,

    /// <summary>The node is no voter, or a snapshot waits to be installed.</summary>
    NotPromotable,

    /// <summary>A committed configuration change is not applied yet: the node may be counting votes of the wrong quorum.</summary>
    PendingConfigurationChange,
}

/// <summary>An election was asked for and not started.</summary>
/// <param name="Term">Current term.</param>
/// <param name="Reason">Why.</param>
public sealed record CampaignRefused(ulong Term, CampaignRefusal Reason) : RaftEvent;

/// <summary>A vote was asked for.</summary>
/// <param name="Type"><see cref="MessageType.Vote"/> or <see cref="MessageType.PreVote"/>.</param>
/// <param name="To">The voter.</param>
/// <param name="Term">Current term, which a pre-vote has not raised.</param>
/// <param name="LastTerm">Term of the last log entry.</param>
/// <param name="LastIndex">Last log index.</param>
public sealed record VoteRequested(MessageType Type, ulong To, ulong Term, ulong LastTerm, ulong LastIndex) : RaftEvent;

/// <summary>A vote was counted.</summary>
/// <param name="Type">The response's type.</param>
/// <param name="From">The voter.</param>
/// <param name="Term">Current term.</param>
/// <param name="Granted">Whether the vote is ours.</param>
public sealed record VoteReceived(MessageType Type, ulong From, ulong Term, bool Granted) : RaftEvent;

/// <summary>The state of the count, after <see cref="VoteReceived"/>.</summary>
/// <param name="Type">The responses' type.</param>
/// <param name="Granted">Votes for us.</param>
/// <param name="Rejected">Votes against us.</param>
public sealed record VotesCounted(MessageType Type, int Granted, int Rejected) : RaftEvent;

/// <summary>A vote request was decided.</summary>
/// <param name="Type"><see cref="MessageType.Vote"/> or <see cref="MessageType.PreVote"/>.</param>
/// <param name="Candidate">Who asked.</param>
/// <param name="Granted">Whether it gets the vote.</param>
/// <param name="Term">Current term.</param>
/// <param name="Vote">Member voted for so far in the term; 0 for none.</param>
/// <param name="LastTerm">Term of our last log entry.</param>
/// <param name="LastIndex">Our last log index.</param>
/// <param name="CandidateLastTerm">Term of the candidate's last log entry.</param>
/// <param name="CandidateLastIndex">The candidate's last log index.</param>
public sealed record VoteDecided(
    MessageType Type,
    ulong Candidate,
    bool Granted,
    ulong Term,
    ulong Vote,
    ulong LastTerm,
    ulong LastIndex,
    ulong CandidateLastTerm,
    ulong CandidateLastIndex) : RaftEvent;

/// <summary>A vote request was passed over because a leader is being heard.</summary>
/// <param name="Type"><see cref="MessageType.Vote"/> or <see cref="MessageType.PreVote"/>.</param>
/// <param name="Candidate">Who asked.</param>
/// <param name="Term">Current term.</param>
/// <param name="Vote">Member voted for so far in the term; 0 for none.</param>
/// <param name="LastTerm">Term of our last log entry.</param>
/// <param name="LastIndex">Our last log index.</param>
/// <param name="CandidateLastTerm">Term of the candidate's last log entry.</param>
/// <param name="CandidateLastIndex">The candidate's last log index.</param>
/// <param name="RemainingTicks">Ticks until the lease runs out.</param>
public sealed record VoteIgnoredInLease(
    MessageType Type,
    ulong Candidate,
    ulong Term,
    ulong Vote,
    ulong LastTerm,
    ulong LastIndex,
    ulong CandidateLastTerm,
    ulong CandidateLastIndex,
    int RemainingTicks) : RaftEvent;

/// <summary>A message of a higher term arrived; the node follows in that term next.</summary>
/// <param name="Type">The message's type.</param>
/// <param name="From">Its sender.</param>
/// <param name="Term">Current term.</param>
/// <param name="MessageTerm">The message's term.</param>
public sealed record HigherTermReceived(MessageType Type, ulong From, ulong Term, ulong MessageTerm) : RaftEvent;

/// <summary>A message of an old term was passed over.</summary>
/// <param name="Type">The message's type.</param>
/// <param name="From">Its sender.</param>
/// <param name="Term">Current term.</param>
/// <param name="MessageTerm">The message's term.</param>
public sealed record LowerTermIgnored(MessageType Type, ulong From, ulong Term, ulong MessageTerm) : RaftEvent;

/// <summary>The leader has not heard of a quorum for an election time-out, and follows next.</summary>
public sealed record QuorumLost : RaftEvent;

/// <summary>A follower forgot its leader on request.</summary>
/// <param name="Leader">The leader that was.</param>
/// <param name="Term">Current term.</param>
public sealed record LeaderForgotten(ulong Leader, ulong Term) : RaftEvent;

/// <summary>A request to forget the leader was refused: leases are read by, and forgetting would break them.</summary>
public sealed record ForgetLeaderRefused : RaftEvent;
