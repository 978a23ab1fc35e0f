namespace Etcd.Server.Consensus;

/// <summary>Who leads, as this member's consensus loop last saw it. Immutable.</summary>
/// <param name="Term">Current term.</param>
/// <param name="Leader">The leader's id; 0 while none is known.</param>
/// <param name="IsLeader">Whether this member leads.</param>
/// <param name="IsSoleVoter">Whether this member leads, is the only voter, and has applied whatever anybody can have acknowledged: all that was committed
/// while there were other voters, and every change of the members that its log holds.</param>
public sealed record LeadershipView(ulong Term, ulong Leader, bool IsLeader, bool IsSoleVoter)
{
    /// <summary>Before the first term.</summary>
    public static LeadershipView None { get; } = new(0, 0, IsLeader: false, IsSoleVoter: false);
}
