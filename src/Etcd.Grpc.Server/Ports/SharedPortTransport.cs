using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Etcd.Grpc.Server.Ports;

/// <summary>The transport Kestrel listens through: shared ports are split by protocol, everything else goes to the sockets as it is.</summary>
internal sealed class SharedPortTransport(IConnectionListenerFactory sockets) : IConnectionListenerFactory
{
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        if (endpoint is not SharedPortEndPoint shared)
        {
            return await ListenFailure.BindAsync(sockets, endpoint, cancellationToken).ConfigureAwait(false);
        }

        shared.Port.Bind();
        return new SharedPortListener(shared);
    }
}
