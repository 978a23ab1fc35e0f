using Etcd.Raft;

namespace Etcd.Server.Consensus;

/// <summary>What the consensus loop can be told.</summary>
internal enum RaftInputKind : byte
{
    /// <summary>Ticks of the logical clock; <see cref="RaftInput.Number"/> says how many, 0 for one.</summary>
    Tick,

    /// <summary>A request to replicate; the payload is a <see cref="Apply.PendingRequest"/>.</summary>
    Propose,

    /// <summary>A message from another member; the payload is a <see cref="RaftMessage"/>.</summary>
    Message,

    /// <summary>The log writer has made a message's content durable; the payload is that <see cref="RaftMessage"/>.</summary>
    Persisted,

    /// <summary>Apply has applied a message's entries; the payload is that <see cref="RaftMessage"/>.</summary>
    Applied,

    /// <summary>Apply has met a membership change; the payload is a <see cref="ConfigurationSwitch"/>.</summary>
    SwitchConfiguration,

    /// <summary>A read waits to be confirmed; the payload is a <see cref="ReadWaiter"/>.</summary>
    Read,

    /// <summary>Messages to a member are being lost; <see cref="RaftInput.Number"/> is its id.</summary>
    Unreachable,

    /// <summary>A snapshot has reached the member whose id is <see cref="RaftInput.Number"/>.</summary>
    SnapshotDelivered,

    /// <summary>A snapshot has not reached the member whose id is <see cref="RaftInput.Number"/>.</summary>
    SnapshotLost,

    /// <summary>Leadership is to go to the member whose id is <see cref="RaftInput.Number"/>.</summary>
    TransferLeadership,

    /// <summary>Somebody wants to see raft's own state; the payload is a <see cref="TaskCompletionSource{T}"/> of <see cref="RaftStatus"/>.</summary>
    Status,
}

/// <summary>One thing the consensus loop is told.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Payload">What belongs to it; see <see cref="RaftInputKind"/>.</param>
/// <param name="Number">What belongs to it; see <see cref="RaftInputKind"/>.</param>
internal readonly record struct RaftInput(RaftInputKind Kind, object? Payload = null, ulong Number = 0);
