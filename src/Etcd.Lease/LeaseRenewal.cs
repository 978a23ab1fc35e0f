namespace Etcd.Lease;

/// <summary>What became of a keep-alive.</summary>
public enum LeaseRenewalOutcome
{
    /// <summary>The lease lives on for its full time to live from now.</summary>
    Renewed,

    /// <summary>No such lease, or it was revoked.</summary>
    NotFound,

    /// <summary>This member does not drive expiry; the leader must be asked.</summary>
    NotPrimary,

    /// <summary>The lease has expired and its revoke is under way; it is not renewed any more.</summary>
    Expired,

    /// <summary>A shorter remaining time was checkpointed, is about to be, or may be known to other members. The caller proposes a checkpoint
    /// of 0 for the lease and renews again once that is applied; otherwise the next leader would count from the old checkpoint and
    /// expire the lease before the time the client was promised.</summary>
    CheckpointMustBeCleared,
}

/// <summary>Answer to a keep-alive.</summary>
/// <param name="Outcome">What happened.</param>
/// <param name="TtlSeconds">Granted time to live in seconds when renewed, otherwise 0.</param>
public readonly record struct LeaseRenewal(LeaseRenewalOutcome Outcome, long TtlSeconds);
