using Etcd.Grpc.Server.Ports;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Etcd.Grpc.Server;

/// <summary>Kestrel's settings for RPC traffic.</summary>
internal static class KestrelSettings
{
    public static KestrelServerOptions Create(RpcServerOptions options, IServiceProvider services)
    {
        var kestrel = new KestrelServerOptions { ApplicationServices = services, AddServerHeader = false, AllowSynchronousIO = false };
        KestrelServerLimits limits = kestrel.Limits;
        limits.KeepAliveTimeout = options.IdleConnectionTimeout;

        // These count over a whole stream, and a watch or a lease keep-alive lives for months and may be silent for hours.
        // Messages have their own limit, and plain HTTP requests get theirs one by one.
        limits.MaxRequestBodySize = null;
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;

        Http2Limits http2 = limits.Http2;
        http2.MaxStreamsPerConnection = (int)Math.Clamp(options.StreamsPerConnectionMax, 1u, int.MaxValue);
        http2.KeepAlivePingDelay = options.KeepAliveInterval > TimeSpan.Zero ? options.KeepAliveInterval : Timeout.InfiniteTimeSpan;
        http2.KeepAlivePingTimeout = options.KeepAliveTimeout;
        return kestrel;
    }

    public static void SetUp(SocketTransportOptions sockets, RpcServerOptions options)
    {
        if (options.ReusePort || options.ReuseAddress)
        {
            sockets.CreateBoundListenSocket = endPoint => ReusableSocket.Bind(endPoint, options.ReusePort, options.ReuseAddress);
        }
    }
}
