using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Etcd.Grpc.Server.Ports;

/// <summary>One protocol's side of a shared port, as Kestrel's listener.</summary>
internal sealed class SharedPortListener(SharedPortEndPoint endPoint) : IConnectionListener
{
    public EndPoint EndPoint => endPoint;

    public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        endPoint.Port.AcceptAsync(endPoint.Side, cancellationToken);

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => endPoint.Port.UnbindAsync();

    public ValueTask DisposeAsync() => endPoint.Port.DisposeAsync();
}
