namespace Etcd.Mvcc;

/// <summary>Names of the <see cref="BackendBucket"/>s as the file has them.</summary>
public static class BackendBuckets
{
    /// <summary>How many buckets there are.</summary>
    public const int Count = (int)BackendBucket.Meta + 1;

    /// <summary>Name of a bucket in the file.</summary>
    public static ReadOnlySpan<byte> NameOf(BackendBucket bucket) => bucket switch
    {
        BackendBucket.Alarm => "alarm"u8,
        BackendBucket.Auth => "auth"u8,
        BackendBucket.AuthRoles => "authRoles"u8,
        BackendBucket.AuthUsers => "authUsers"u8,
        BackendBucket.Cluster => "cluster"u8,
        BackendBucket.Key => "key"u8,
        BackendBucket.Lease => "lease"u8,
        BackendBucket.Members => "members"u8,
        BackendBucket.MembersRemoved => "members_removed"u8,
        BackendBucket.Meta => "meta"u8,
        _ => throw new ArgumentOutOfRangeException(nameof(bucket), bucket, "unknown bucket"),
    };
}
