using System.Collections.Concurrent;
using System.Net;

using Etcd.Grpc.Server;

using Microsoft.AspNetCore.Http;

namespace Etcd.Peer.Tests.Transport;

/// <summary>A port that answers as the test wants: members that misbehave.</summary>
internal sealed class RawPeer : IAsyncDisposable
{
    private readonly RpcServer _port;
    private readonly ConcurrentQueue<string> _asked = new();

    private RawPeer(RequestDelegate answer)
    {
        _port = new RpcServer(new RpcServerOptions(), new RpcServiceTable(), async context =>
        {
            _asked.Enqueue($"{context.Request.Method} {context.Request.Path}");
            await answer(context);
        });
        _port.ListenShared(new IPEndPoint(IPAddress.Loopback, 0));
    }

    public string Url => $"http://{(IPEndPoint)_port.EndPoints[0]}";

    /// <summary>Requests so far.</summary>
    public IReadOnlyCollection<string> Asked => _asked;

    public static async Task<RawPeer> StartAsync(RequestDelegate answer)
    {
        var peer = new RawPeer(answer);
        await peer._port.StartAsync(TestContext.Current.CancellationToken);
        return peer;
    }

    /// <summary>Answers everything with a status and a text.</summary>
    public static Task<RawPeer> RefusingAsync(int status, string text) => StartAsync(context =>
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(text);
    });

    /// <summary>Opens streams, writes bytes into them and keeps them open; the rest is taken as real members take it.</summary>
    public static Task<RawPeer> StreamingAsync(byte[] messageBytes, byte[] appendBytes) => StartAsync(async context =>
    {
        if (!context.Request.Path.StartsWithSegments("/raft/stream", StringComparison.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        context.Response.Headers["X-Server-Version"] = "3.5.30";
        bool isAppend = context.Request.Path.StartsWithSegments("/raft/stream/msgapp", StringComparison.Ordinal);
        await context.Response.Body.WriteAsync(isAppend ? appendBytes : messageBytes);
        await context.Response.Body.FlushAsync();
        await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    });

    public ValueTask DisposeAsync() => _port.DisposeAsync();
}
