using Etcd.Protocol.Rpc;

namespace Etcd.Mvcc.Watch;

/// <summary>What one watcher wants to see.</summary>
/// <remarks>A range is written as etcd's requests write it: an empty <see cref="RangeEnd"/> means the single key, one zero byte
/// means all keys from <see cref="Key"/> on, else the range is [key, range end). An empty <see cref="Key"/> means the smallest
/// possible key.</remarks>
public sealed record WatchSpec
{
    /// <summary>First key.</summary>
    public ReadOnlyMemory<byte> Key { get; init; }

    /// <summary>End of the range, see the remarks of the type.</summary>
    public ReadOnlyMemory<byte> RangeEnd { get; init; }

    /// <summary>First revision wanted; 0 means what comes after now. It may lie in the future: nothing below it is delivered.</summary>
    public long StartRevision { get; init; }

    /// <summary>Id wanted by the client; 0 lets the stream choose.</summary>
    public long WatchId { get; init; }

    /// <summary>Whether events carry the state before, while it is not compacted.</summary>
    public bool WithPreviousKeyValue { get; init; }

    /// <summary>Whether the watcher gets a notice of progress when idle.</summary>
    public bool WantsProgressNotices { get; init; }

    /// <summary>Whether a revision larger than a response may come in parts.</summary>
    public bool AllowsFragments { get; init; }

    /// <summary>Leave puts out.</summary>
    public bool WithoutPuts { get; init; }

    /// <summary>Leave deletions out.</summary>
    public bool WithoutDeletes { get; init; }

    /// <summary>Takes the wishes of a request over. Unknown filters are ignored, as in etcd.</summary>
    public static WatchSpec From(WatchCreateRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new WatchSpec
        {
            Key = request.Key.Memory,
            RangeEnd = request.RangeEnd.Memory,
            StartRevision = request.StartRevision,
            WatchId = request.WatchId,
            WithPreviousKeyValue = request.PrevKv,
            WantsProgressNotices = request.ProgressNotify,
            AllowsFragments = request.Fragment,
            WithoutPuts = request.Filters.Contains(WatchCreateRequest.Types.FilterType.Noput),
            WithoutDeletes = request.Filters.Contains(WatchCreateRequest.Types.FilterType.Nodelete),
        };
    }
}
