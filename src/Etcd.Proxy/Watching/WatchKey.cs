using Etcd.Protocol.Rpc;
using Etcd.Proxy.Upstreams;

using Google.Protobuf;

namespace Etcd.Proxy.Watching;

/// <summary>What a watch is about. Watchers with the same key can be fed by one watch of the cluster.</summary>
/// <param name="Start">The first key.</param>
/// <param name="End">The first key behind the range, as in the protocol.</param>
/// <param name="PreviousKeyValues">Whether events carry what was before.</param>
/// <param name="ProgressNotify">Whether the cluster tells its revision while nothing happens.</param>
/// <param name="NoPuts">Whether puts are left out.</param>
/// <param name="NoDeletions">Whether deletions are left out.</param>
/// <param name="Credentials">Who watches: rights differ, and so users do not share.</param>
internal readonly record struct WatchKey(
    ByteString Start,
    ByteString End,
    bool PreviousKeyValues,
    bool ProgressNotify,
    bool NoPuts,
    bool NoDeletions,
    ForwardedCredentials Credentials)
{
    internal static WatchKey Of(WatchCreateRequest request, ForwardedCredentials credentials) => new(
        request.Key,
        request.RangeEnd,
        request.PrevKv,
        request.ProgressNotify,
        request.Filters.Contains(WatchCreateRequest.Types.FilterType.Noput),
        request.Filters.Contains(WatchCreateRequest.Types.FilterType.Nodelete),
        credentials);

    /// <summary>The request for a watch of the cluster.</summary>
    /// <param name="startRevision">The first revision wanted; 0 for what is next.</param>
    internal WatchRequest ToRequest(long startRevision)
    {
        var create = new WatchCreateRequest
        {
            Key = Start,
            RangeEnd = End,
            StartRevision = startRevision,
            PrevKv = PreviousKeyValues,
            ProgressNotify = ProgressNotify,
        };
        if (NoPuts)
        {
            create.Filters.Add(WatchCreateRequest.Types.FilterType.Noput);
        }

        if (NoDeletions)
        {
            create.Filters.Add(WatchCreateRequest.Types.FilterType.Nodelete);
        }

        return new WatchRequest { CreateRequest = create };
    }
}
