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

    /// <summary>Why a watch is refused.</summary>
    internal const string Refusal = "etcdserver: permission denied";

    /// <summary>Watches from before it are ended.</summary>
    internal const long Compacted = 5;

    private readonly RpcServer _server;
    private int _watches;
    private int _ranges;

    private WatchedCluster()
    {
        var table = new RpcServiceTable();
        table.AddUnary("etcdserverpb.KV", "Range", RangeRequest.Parser, RangeAsync);
        table.AddStreaming("etcdserverpb.Watch", "Watch", RpcMethodKind.BidiStream, ServeAsync);
        _server = new RpcServer(new RpcServerOptions(), table);
        _server.ListenShared(new IPEndPoint(IPAddress.Loopback, 0));
        Upstream = new Upstream(["member"], _ => new RpcChannel(RpcAddress.Parse($"http://{_server.EndPoints[0]}"), new RpcChannelOptions()));
    }

    internal Upstream Upstream { get; }

    /// <summary>Whether those without a token are refused, which all are here.</summary>
    internal bool HasAuthentication { get; set; }

    /// <summary>Watches that were asked for.</summary>
    internal int Watches => Volatile.Read(ref _watches);

    /// <summary>Ranges that were asked for.</summary>
    internal int Ranges => Volatile.Read(ref _ranges);

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

    private ValueTask<RangeResponse> RangeAsync(RpcServerCall call, RangeRequest request)
    {
        Interlocked.Increment(ref _ranges);
        return HasAuthentication
            ? throw new RpcException(RpcStatusCode.InvalidArgument, "etcdserver: user name is empty")
            : ValueTask.FromResult(new RangeResponse { Header = new ResponseHeader { Revision = Revision } });
    }

    private async Task ServeAsync(RpcServerCall call, RpcRequestReader requests, RpcReplyWriter replies)
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

            Interlocked.Increment(ref _watches);
            if (HasAuthentication)
            {
                await SendAsync(new WatchResponse { Header = header, WatchId = -1, Created = true, Canceled = true, CancelReason = Refusal });
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
