namespace Etcd.Mvcc;

/// <summary>The buckets of the backend file, in the byte order of their names. All exist after the first start.</summary>
public enum BackendBucket
{
    /// <summary>Raised alarms.</summary>
    Alarm,

    /// <summary>Whether authentication is on, and the auth revision.</summary>
    Auth,

    /// <summary>Roles and their permissions.</summary>
    AuthRoles,

    /// <summary>Users, password hashes and roles.</summary>
    AuthUsers,

    /// <summary>Cluster version and downgrade state.</summary>
    Cluster,

    /// <summary>Every change of every key, by revision.</summary>
    Key,

    /// <summary>Leases by id.</summary>
    Lease,

    /// <summary>Members by id.</summary>
    Members,

    /// <summary>Ids of removed members; they never come back.</summary>
    MembersRemoved,

    /// <summary>Consistent index, term, conf state and compaction marks.</summary>
    Meta,
}
