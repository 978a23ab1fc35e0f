namespace Etcdctl.Backups;

/// <summary>Why a follower has ended.</summary>
internal enum FollowOutcome
{
    /// <summary>It has everything up to the revision asked for.</summary>
    Current,

    /// <summary>It is time for a new base.</summary>
    BaseIsDue,

    /// <summary>Changes that are not written yet are compacted.</summary>
    Compacted,

    /// <summary>The cluster was put back to an earlier state: what it does from now on does not follow on what is written.</summary>
    OtherHistory,
}
