namespace Etcdctl.Backups;

/// <summary>Why a follower has ended.</summary>
internal enum FollowOutcome
{
    /// <summary>It has everything up to the revision asked for.</summary>
    Current,

    /// <summary>It is time for a new base.</summary>
    BaseIsDue,
}
