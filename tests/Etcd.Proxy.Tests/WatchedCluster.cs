using System.Net;

using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Upstreams;

using Google.Protobuf;

namespace Etcd.Proxy.Tests;

/// <summary>A cluster that stands at <see cref="Revision"/>, and has one change after it that it tells every watch which wants it.</summary>
internal sealed class WatchedCluster : IAsyncDisposable
{
    /// <summary>The latest revision when watches begin.</summary>
    internal const long Revision = 10;

    /// <summary>Watches from before it are ended.</summary>
    internal const long Compacted = 5;

    private readonly RpcServer _server;

    private WatchedCluster()
    {
        var table = new RpcServiceTable();
        table.AddStreaming("etcdserverpb.Watch", "Watch", RpcMethodKind.BidiStream, ServeAsync);
        _server = new RpcServer(new RpcServerOptions(), table);
        _server.ListenShared(new IPEndPoint(IPAddress.Loopback, 0));
        Upstream = new Upstream(["member"], _ => new RpcChannel(RpcAddress.Parse($"http://{_server.EndPoints[0]}"), new RpcChannelOptions()));
    }

    internal Upstream Upstream { get; }

    internal static async Task<WatchedCluster> StartAsync()
    {
        var cluster = new WatchedCluster();
        await cluster._server.StartAsync(TestContext.Current.CancellationToken);
        return cluster;
    }

    public async ValueTask DisposeAsync()
    {
        await Upstream.DisposeAsync();
        await _server.DisposeAsync();
    }

    private static async Task ServeAsync(RpcServerCall call, RpcRequestReader requests, RpcReplyWriter replies)
    {
        var header = new ResponseHeader { Revision = Revision };
        while (await requests.MoveNextAsync(call.CancellationToken))
        {
            WatchRequest request = WatchRequest.Parser.ParseFrom(requests.Current);
            if (request.ProgressRequest is not null)
            {
                await SendAsync(new WatchResponse { Header = header, WatchId = -1 });
                continue;
            }

            await SendAsync(new WatchResponse { Header = header, Created = true });
            if (request.CreateRequest.StartRevision is > 0 and < Compacted)
            {
                await SendAsync(new WatchResponse { Header = header, Canceled = true, CompactRevision = Compacted });
                continue;
            }

            if (request.CreateRequest.StartRevision <= Revision + 1)
            {
                var change = new Event { Kv = new KeyValue { Key = request.CreateRequest.Key, ModRevision = Revision + 1 } };
                await SendAsync(new WatchResponse { Header = new ResponseHeader { Revision = Revision + 1 }, Events = { change } });
            }
        }

        async Task SendAsync(WatchResponse message)
        {
            message.WriteTo(replies.Begin());
            await replies.SendAsync(call.CancellationToken);
        }
    }
}
