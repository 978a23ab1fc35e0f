namespace Etcd.Raft;

/// <summary>One message between members, or between a member and its own log writer and applier.</summary>
/// <remarks>Never changed once sent. Which fields mean something depends on <see cref="Type"/>; the others are zero.
/// The entries are a view of the sender's log slots, which are never rewritten, so they may be read on any thread.</remarks>
public sealed class RaftMessage
{
    /// <summary>Receiver id that stands for the member's own log writer.</summary>
    public const ulong LocalAppendThread = ulong.MaxValue;

    /// <summary>Receiver id that stands for the member's own applier.</summary>
    public const ulong LocalApplyThread = ulong.MaxValue - 1;

    /// <summary>Content of <see cref="Context"/> of a vote request made on the leader's own wish (leadership transfer):
    /// it is granted even while the leader is being heard.</summary>
    public static ReadOnlySpan<byte> TransferCampaignContext => "CampaignTransfer"u8;

    /// <summary>What the message says.</summary>
    public required MessageType Type { get; init; }

    /// <summary>Receiver: a member id or one of the local threads; 0 for the node itself.</summary>
    public ulong To { get; init; }

    /// <summary>Sender; for <see cref="MessageType.TransferLeader"/> the member that is to lead.</summary>
    public ulong From { get; init; }

    /// <summary>Sender's term; 0 for proposals, read-index requests and messages that belong to no term.</summary>
    public ulong Term { get; init; }

    /// <summary>Term of the entry at <see cref="Index"/>; in a rejecting <see cref="MessageType.AppendResponse"/> the term
    /// of the entry at <see cref="RejectHint"/>.</summary>
    public ulong LogTerm { get; init; }

    /// <summary>A log index, 1-based: the entry before the first of <see cref="Entries"/> (append), the last entry
    /// (vote), the acknowledged or refused position (responses), the read index.</summary>
    public ulong Index { get; init; }

    /// <summary>Commit index the receiver may take over, or the one to persist.</summary>
    public ulong Commit { get; init; }

    /// <summary>In <see cref="MessageType.StorageAppend"/>, the vote to persist. With a zero <see cref="Term"/> no hard state is given.</summary>
    public ulong Vote { get; init; }

    /// <summary>Log entries; in read-index messages one entry whose data is the request's context.</summary>
    public ReadOnlyMemory<Entry> Entries { get; init; }

    /// <summary>The snapshot to install or persist, or the one that was persisted.</summary>
    public Snapshot? Snapshot { get; init; }

    /// <summary>Whether a response refuses what was asked.</summary>
    public bool Reject { get; init; }

    /// <summary>In a refused append, the sender's best guess at the last index where both logs may agree.</summary>
    public ulong RejectHint { get; init; }

    /// <summary>Context of a heartbeat (read index) or of a vote request.</summary>
    public ReadOnlyMemory<byte> Context { get; init; }

    /// <summary>In messages to the local threads, what to deliver, in order, once the work is done.
    /// An acknowledgement to the node itself comes last.</summary>
    public IReadOnlyList<RaftMessage> Responses { get; init; } = [];

    /// <summary>The hard state carried by a <see cref="MessageType.StorageAppend"/>; empty when it carries none.</summary>
    public HardState HardState => new(Term, Vote, Commit);
}
