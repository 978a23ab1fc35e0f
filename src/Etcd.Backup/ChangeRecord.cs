using Etcd.Protocol.Rpc;

namespace Etcd.Backup;

/// <summary>One record of a change file; exactly one of its three contents is there.</summary>
/// <param name="Time">When it was written, by the clock of the machine that keeps the backup.</param>
public sealed record ChangeRecord(DateTimeOffset Time)
{
    /// <summary>Changes of whole revisions in their order, complete up to the revision in its header. Without events it says that nothing
    /// else had happened up to there.</summary>
    public WatchResponse? Changes { get; init; }

    /// <summary>A lease that keys of later records hang on: its id and granted TTL.</summary>
    public LeaseTimeToLiveResponse? Lease { get; init; }

    /// <summary>What the member answered to HashKV at <see cref="HashRevision"/>.</summary>
    public HashKVResponse? Hash { get; init; }

    /// <summary>The revision of <see cref="Hash"/>.</summary>
    public long HashRevision { get; init; }
}
