namespace Etcd.Raft;

/// <summary>What became of a request to hand over leadership.</summary>
public enum TransferStep
{
    /// <summary>The leader begins to hand over to the member.</summary>
    Started,

    /// <summary>An earlier hand-over, to another member, ends without success.</summary>
    AbortedForAnother,

    /// <summary>The same hand-over is under way already.</summary>
    AlreadyUnderWay,

    /// <summary>The member leads already.</summary>
    AlreadyLeader,

    /// <summary>The member is a learner.</summary>
    TargetIsLearner,

    /// <summary>The member had the whole log and was told to start its election.</summary>
    TargetToldAtOnce,

    /// <summary>The member has caught up and was told to start its election.</summary>
    TargetToldAfterCatchUp,

    /// <summary>The request reached a follower that knows no leader.</summary>
    NoLeader,
}

/// <summary>Leadership transfer moved on.</summary>
/// <param name="Step">What happened.</param>
/// <param name="Term">Current term.</param>
/// <param name="Target">The member that is to lead.</param>
public sealed record TransferProgressed(TransferStep Step, ulong Term, ulong Target) : RaftEvent;

/// <summary>The leader told this node to start an election at once.</summary>
/// <param name="From">The leader.</param>
/// <param name="Term">Current term.</param>
/// <param name="Role">The node's role; only a follower obeys.</param>
public sealed record TimeoutNowReceived(ulong From, ulong Term, RaftRole Role) : RaftEvent;
