namespace Etcd.Raft;

/// <summary>One part of a <see cref="ConfChangeV2"/>.</summary>
/// <param name="Type">What happens to the member.</param>
/// <param name="NodeId">The member; 0 for none.</param>
public readonly record struct ConfChangeSingle(ConfChangeType Type, ulong NodeId);

/// <summary>A change of any number of members (raftpb.ConfChangeV2).</summary>
public sealed record ConfChangeV2
{
    /// <summary>The change that leaves a joint configuration.</summary>
    public static ConfChangeV2 LeaveJoint { get; } = new();

    /// <summary>How the change is carried out.</summary>
    public ConfChangeTransition Transition { get; init; }

    /// <summary>The parts, applied in order.</summary>
    public IReadOnlyList<ConfChangeSingle> Changes { get; init; } = [];

    /// <summary>The application's own bytes.</summary>
    public ReadOnlyMemory<byte> Context { get; init; }

    /// <summary>Whether this change leaves a joint configuration.</summary>
    public bool LeavesJoint => Transition == ConfChangeTransition.Auto && Changes.Count == 0;

    /// <summary>Whether this change goes through a joint configuration.</summary>
    /// <remarks>More changes than these would do with one step, but that depends on the configuration they meet.</remarks>
    public bool EntersJoint => Transition != ConfChangeTransition.Auto || Changes.Count > 1;

    /// <summary>Whether the leader leaves the joint configuration of this change by itself.</summary>
    public bool LeavesJointAutomatically => Transition != ConfChangeTransition.JointExplicit;
}
