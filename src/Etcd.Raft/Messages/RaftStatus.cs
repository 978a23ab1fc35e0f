namespace Etcd.Raft;

/// <summary>State of a node at one moment.</summary>
public sealed record RaftStatus
{
    /// <summary>This member's id.</summary>
    public required ulong Id { get; init; }

    /// <summary>Current term.</summary>
    public required ulong Term { get; init; }

    /// <summary>Member voted for in the term; 0 for none.</summary>
    public required ulong Vote { get; init; }

    /// <summary>Commit index.</summary>
    public required ulong Commit { get; init; }

    /// <summary>Index of the last entry of the log, durable or not.</summary>
    public required ulong LastIndex { get; init; }

    /// <summary>Last index reported as applied.</summary>
    public required ulong Applied { get; init; }

    /// <summary>The leader's id; 0 while none is known.</summary>
    public required ulong Leader { get; init; }

    /// <summary>This member's role.</summary>
    public required RaftRole Role { get; init; }

    /// <summary>Member that leadership is being handed to; 0 for none.</summary>
    public required ulong LeadTransferee { get; init; }

    /// <summary>The configuration in force.</summary>
    public required ConfState Configuration { get; init; }

    /// <summary>How far each member is, by ascending id; empty unless this member leads.</summary>
    public required IReadOnlyList<MemberProgress> Progress { get; init; }
}
