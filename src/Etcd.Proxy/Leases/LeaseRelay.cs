using Etcd.Client.Calls;
using Etcd.Grpc.Server;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;
using Etcd.Proxy.Upstreams;

using Google.Protobuf;

namespace Etcd.Proxy.Leases;

/// <summary>etcdserverpb.Lease: keep-alives of all clients share a stream to the cluster.</summary>
internal sealed class LeaseRelay(Upstream upstream, NamespacedMessages names)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ForwardedCredentials, (KeepAliveStream Stream, int Clients)> _keepAlives = [];

    internal void AddTo(RpcServiceTable table, Relay relay)
    {
        relay.Unary(Methods.LeaseGrant, LeaseGrantRequest.Parser);
        relay.Unary(Methods.LeaseRevoke, LeaseRevokeRequest.Parser);
        relay.Unary(Methods.LeaseTimeToLive, LeaseTimeToLiveRequest.Parser, isRepeatable: true, inward: names.Inward);
        relay.Unary(Methods.LeaseLeases, LeaseLeasesRequest.Parser, isRepeatable: true);
        table.AddStreaming(Methods.LeaseKeepAlive.Service, Methods.LeaseKeepAlive.Name, RpcMethodKind.BidiStream, KeepAliveAsync);
    }

    private async Task KeepAliveAsync(RpcServerCall call, RpcRequestReader requests, RpcReplyWriter replies)
    {
        ForwardedCredentials credentials = ForwardedCredentials.Of(call);
        KeepAliveStream stream = Enter(credentials);
        try
        {
            await RelayAsync(stream, requests, replies, call.CancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Leave(credentials);
        }
    }

    private static async Task RelayAsync(
        KeepAliveStream stream, RpcRequestReader requests, RpcReplyWriter replies, CancellationToken cancellationToken)
    {
        await replies.SendHeadersAsync(cancellationToken).ConfigureAwait(false);
        while (await requests.MoveNextAsync(cancellationToken).ConfigureAwait(false))
        {
            LeaseKeepAliveRequest request = RequestMessage.Parse(LeaseKeepAliveRequest.Parser, requests.Current);
            LeaseKeepAliveResponse reply = await stream.RenewAsync(request.ID, cancellationToken).ConfigureAwait(false);
            reply.WriteTo(replies.Begin());
            await replies.SendAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private KeepAliveStream Enter(ForwardedCredentials credentials)
    {
        lock (_lock)
        {
            (KeepAliveStream? stream, int clients) = _keepAlives.GetValueOrDefault(credentials);
            stream ??= new KeepAliveStream(upstream, credentials);
            _keepAlives[credentials] = (stream, clients + 1);
            return stream;
        }
    }

    // A user's token is of no use once its last client has gone, and would leave a stream for each login.
    private void Leave(ForwardedCredentials credentials)
    {
        KeepAliveStream? unused = null;
        lock (_lock)
        {
            (KeepAliveStream stream, int clients) = _keepAlives[credentials];
            if (clients > 1)
            {
                _keepAlives[credentials] = (stream, clients - 1);
            }
            else
            {
                _keepAlives.Remove(credentials);
                unused = stream;
            }
        }

        unused?.Dispose();
    }
}
