using Etcd.Protocol.Replication;

namespace Etcd.Api.Http.V2;

/// <summary>A request to <c>/v2/keys</c>, checked.</summary>
/// <param name="Request">As the log would carry it: method, path in the tree, parameters.</param>
/// <param name="OmitsNodes">The caller wants no nodes in the reply to a write.</param>
internal sealed record KeysRequest(Request Request, bool OmitsNodes);
