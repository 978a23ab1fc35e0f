using Etcd.Raft;

namespace Etcd.Server.Consensus;

/// <summary>What the consensus loop can be told.</summary>
internal enum RaftInputKind : byte
{
    /// <summary>One tick of the logical clock.</summary>
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
}

/// <summary>One thing the consensus loop is told.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Payload">What belongs to it; see <see cref="RaftInputKind"/>.</param>
internal readonly record struct RaftInput(RaftInputKind Kind, object? Payload = null);
