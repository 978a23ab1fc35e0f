using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;

using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Api.Tests.Gateway;

/// <summary>Streams, as lines of an HTTP reply and as messages of a WebSocket.</summary>
public sealed class GatewayStreamTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Http_SeveralMessagesInTheBody_AreSeveralLines()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(AddEcho);

        (HttpStatusCode status, string body) = await host.PostAsync("/v3/lease/keepalive", " {\"ID\":1}\n{\"ID\":\"2\"} ");

        Assert.Equal((HttpStatusCode.OK, "{\"result\":{\"ID\":\"1\"}}\n{\"result\":{\"ID\":\"2\"}}\n"), (status, body));
    }

    // Taking one of many small values must not cost what all the others are long.
    [Fact]
    public async Task Http_ManySmallMessagesInOneBody_AreAllAnswered()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(AddEcho);

        (_, string body) = await host.PostAsync("/v3/lease/keepalive", string.Concat(Enumerable.Repeat("{\"ID\":1} ", 20_000)));

        Assert.Equal(20_000, body.Count(letter => letter == '\n'));
    }

    [Theory]
    [InlineData("{\"ID\":\"x\"}", 400, "{\"error\":{\"code\":3,\"message\":\"proto:\u00a0(line 1:7): invalid value for int64 field ID: \\\"x\\\"\"}}\n")]
    [InlineData("{\"ID\":", 400, "{\"error\":{\"code\":3,\"message\":\"unexpected EOF\"}}\n")]
    [InlineData("{\"ID\":1}garbage", 200, "{\"result\":{\"ID\":\"1\"}}\n{\"error\":{\"code\":3,\"message\":\"invalid character 'g' looking for beginning of value\"}}\n")]
    public async Task Http_MalformedMessage_EndsTheStreamWithTheReason(string json, int status, string lines)
    {
        await using GatewayHost host = await GatewayHost.StartAsync(AddEcho);

        (HttpStatusCode actual, string body) = await host.PostAsync("/v3/lease/keepalive", json);

        Assert.Equal((status, lines), ((int)actual, body));
    }

    // By it a handler knows when to wait for its client.
    [Fact]
    public async Task UnsentBytes_OfEndedMessages_AreThoseSinceTheLastFlush()
    {
        var unsent = new List<long>();
        await using GatewayHost host = await GatewayHost.StartAsync(table => table.AddStreaming(
            "etcdserverpb.Lease", "LeaseKeepAlive", RpcMethodKind.BidiStream, async (call, _, replies) =>
            {
                unsent.Add(replies.UnsentBytes);
                for (int i = 0; i < 2; i++)
                {
                    new LeaseKeepAliveResponse { ID = 1 }.WriteTo(replies.Begin());
                    replies.End();
                    unsent.Add(replies.UnsentBytes);
                }

                await replies.FlushAsync(call.CancellationToken);
                unsent.Add(replies.UnsentBytes);
            }));

        (_, string body) = await host.PostAsync("/v3/lease/keepalive", "{}");

        Assert.Equal([0, body.Length / 2, body.Length, 0], unsent);
    }

    // What is owed to a client that takes nothing would stay in memory for as long as it likes.
    [Fact]
    public async Task Http_ClientThatNeverReads_IsCutOff()
    {
        var ended = new TaskCompletionSource();
        await using GatewayHost host = await GatewayHost.StartAsync(table => AddFlood(table, ended), slowestPiece: TimeSpan.FromMilliseconds(300));
        using var stuck = new TcpClient { ReceiveBufferSize = 1024 };
        await stuck.ConnectAsync(IPAddress.Loopback, host.Port, TestContext.Current.CancellationToken);

        await stuck.GetStream().WriteAsync(
            "POST /v3/maintenance/snapshot HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"u8.ToArray(), TestContext.Current.CancellationToken);

        await ended.Task.WaitAsync(Bound, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task WebSocket_ClientThatNeverReads_IsCutOff()
    {
        var ended = new TaskCompletionSource();
        await using GatewayHost host = await GatewayHost.StartAsync(table => AddFlood(table, ended), slowestPiece: TimeSpan.FromMilliseconds(300));
        using ClientWebSocket socket = await host.OpenAsync("/v3/maintenance/snapshot");

        await SendAsync(socket, "{}");

        await ended.Task.WaitAsync(Bound, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task WebSocket_EachMessage_IsAnsweredWithOne()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(AddEcho);
        using ClientWebSocket socket = await host.OpenAsync("/v3/lease/keepalive");

        await SendAsync(socket, "{\"ID\":1}");
        string first = await ReceiveAsync(socket);
        await SendAsync(socket, "{\"ID\":2}");
        string second = await ReceiveAsync(socket);
        await SendAsync(socket, "{");
        string third = await ReceiveAsync(socket, half: "x");

        Assert.Equal("{\"result\":{\"ID\":\"1\"}}", first);
        Assert.Equal("{\"result\":{\"ID\":\"2\"}}", second);
        Assert.Equal("{\"error\":{\"code\":3,\"message\":\"invalid character 'x' looking for beginning of object key string\"}}", third);
        Assert.Equal(WebSocketMessageType.Close, (await socket.ReceiveAsync(new byte[10], TestContext.Current.CancellationToken)).MessageType);
    }

    [Fact]
    public async Task WebSocket_OfASingleCall_IsAnsweredAndClosed()
    {
        string? token = null;
        await using GatewayHost host = await GatewayHost.StartAsync(table => table.AddUnary("etcdserverpb.KV", "Range", (call, _, _) =>
        {
            token = call.RequestHeader("authorization");
            throw new RpcException(RpcStatusCode.NotFound, "no");
        }));
        using ClientWebSocket socket = await host.OpenAsync("/v3/kv/range", "Bearer", "the-token");

        await SendAsync(socket, "{}");

        Assert.Equal("{\"code\":5,\"message\":\"no\"}", await ReceiveAsync(socket));
        Assert.Equal(WebSocketMessageType.Close, (await socket.ReceiveAsync(new byte[10], TestContext.Current.CancellationToken)).MessageType);
        Assert.Equal(("the-token", "Bearer"), (token, socket.SubProtocol));
    }

    [Fact]
    public async Task WebSocket_ToNowhere_SaysSo()
    {
        await using GatewayHost host = await GatewayHost.StartAsync(_ => { });
        using ClientWebSocket socket = await host.OpenAsync("/v3/nothing");

        Assert.Equal("{\"code\":5,\"message\":\"Not Found\"}", await ReceiveAsync(socket));
    }

    [Fact]
    public async Task WebSocket_ThatTheClientCloses_EndsTheCall()
    {
        var started = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        await using GatewayHost host = await GatewayHost.StartAsync(table => table.AddStreaming(
            "etcdserverpb.Maintenance",
            "Snapshot",
            RpcMethodKind.ServerStream,
            async (call, _, _) =>
            {
                started.SetResult();
                try
                {
                    await Task.Delay(Timeout.Infinite, call.CancellationToken);
                }
                finally
                {
                    ended.SetResult();
                }
            }));
        using ClientWebSocket socket = await host.OpenAsync("/v3/maintenance/snapshot");
        await SendAsync(socket, "{}");
        await started.Task.WaitAsync(Bound, TestContext.Current.CancellationToken);

        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);

        await ended.Task.WaitAsync(Bound, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("Sec-WebSocket-Version: 12\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n")]
    [InlineData("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n")]
    [InlineData("")]
    public async Task WebSocket_BadHandshake_IsRefused(string headers)
    {
        await using GatewayHost host = await GatewayHost.StartAsync(AddEcho);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, host.Port, TestContext.Current.CancellationToken);

        await client.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes($"GET /v3/watch HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{headers}\r\n"),
            TestContext.Current.CancellationToken);

        using var reader = new StreamReader(client.GetStream());
        Assert.Equal("HTTP/1.1 400 Bad Request", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Adds a stream that answers each keep-alive with its id.</summary>
    internal static void AddEcho(RpcServiceTable table) => table.AddStreaming(
        "etcdserverpb.Lease",
        "LeaseKeepAlive",
        RpcMethodKind.BidiStream,
        async (call, requests, replies) =>
        {
            while (await requests.MoveNextAsync(call.CancellationToken))
            {
                var request = LeaseKeepAliveRequest.Parser.ParseFrom(requests.Current);
                new LeaseKeepAliveResponse { ID = request.ID }.WriteTo(replies.Begin());
                await replies.SendAsync(call.CancellationToken);
            }
        });

    private static void AddFlood(RpcServiceTable table, TaskCompletionSource ended) => table.AddStreaming(
        "etcdserverpb.Maintenance",
        "Snapshot",
        RpcMethodKind.ServerStream,
        async (call, _, replies) =>
        {
            try
            {
                var part = new SnapshotResponse { Blob = ByteString.CopyFrom(new byte[100_000]) };
                while (true)
                {
                    part.WriteTo(replies.Begin());
                    await replies.SendAsync(call.CancellationToken);
                }
            }
            catch (OperationCanceledException)
            {
                ended.SetResult();
                throw;
            }
        });

    private static async Task SendAsync(ClientWebSocket socket, string text) =>
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);

    private static async Task<string> ReceiveAsync(ClientWebSocket socket, string? half = null)
    {
        if (half is not null)
        {
            await SendAsync(socket, half);
        }

        byte[] message = new byte[10_000];
        WebSocketReceiveResult received = await socket.ReceiveAsync(message, TestContext.Current.CancellationToken).WaitAsync(Bound);
        return Encoding.UTF8.GetString(message, 0, received.Count);
    }
}
