using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Google.Protobuf;

namespace Etcdctl.History;

/// <summary>What the store still has of a key's past.</summary>
/// <param name="Header">Header of the read that the history goes up to.</param>
/// <param name="Key">The key.</param>
/// <param name="CompactRevision">What happened up to this revision is forgotten, but for the value the key had then; 0: nothing is.</param>
/// <param name="Changes">Puts and deletions, the oldest first.</param>
internal sealed record KeyHistory(ResponseHeader Header, ByteString Key, long CompactRevision, IReadOnlyList<Event> Changes);
