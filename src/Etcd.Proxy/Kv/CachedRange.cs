using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;

using Google.Protobuf;

namespace Etcd.Proxy.Kv;

/// <summary>A remembered reply.</summary>
/// <param name="Request">The request's bytes: what it is found by.</param>
/// <param name="Interval">The keys it speaks of.</param>
/// <param name="Revision">The revision asked for; 0 for the latest.</param>
/// <param name="Reply">The reply.</param>
/// <param name="Since">When it was remembered, as a time stamp of the clock.</param>
internal sealed record CachedRange(ByteString Request, KeyInterval Interval, long Revision, RangeResponse Reply, long Since);
