namespace Etcd.Lease;

/// <summary>What became of a request to grant a lease.</summary>
public enum LeaseGrantOutcome
{
    /// <summary>The lease exists now.</summary>
    Granted,

    /// <summary>A lease of that id exists already (<c>etcdserver: lease already exists</c>).</summary>
    AlreadyExists,

    /// <summary>The time to live is above <see cref="LessorOptions.TtlSecondsMax"/> (<c>etcdserver: too large lease TTL</c>).</summary>
    TtlTooLarge,

    /// <summary>The id is 0, which a server replaces before it proposes (<c>etcdserver: requested lease not found</c>, as in etcd).</summary>
    IdMissing,
}
