namespace Etcd.V2;

/// <summary>What a write says about the life of its node.</summary>
/// <param name="AtNanoseconds">Unix time in nanoseconds at which the node goes; 0 means it stays.</param>
/// <param name="IsRefresh">Keep the value, change only the life, and tell no watcher.</param>
public readonly record struct V2Expiry(long AtNanoseconds, bool IsRefresh)
{
    /// <summary>The node stays.</summary>
    public static V2Expiry Never => default;

    /// <summary>Times before this are taken for "stays" when a node is made: 2000-01-01, unix nanoseconds.</summary>
    internal const long PlausibleMin = 946_684_800_000_000_000;
}
