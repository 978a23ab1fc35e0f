using System.Text;
using Etcd.Grpc.Transport.Http2;
using Google.Protobuf.WellKnownTypes;

namespace Etcd.Grpc.Tests.Client;

/// <summary>The lean HTTP/2 client against servers that break, refuse, or mean harm.</summary>
public sealed class LeanClientTests
{
    private static readonly RpcMethod<StringValue, StringValue> Say = EchoServer.Say;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, byte[], string> Violations => new()
    {
        { "HTTP/1.1", Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"), "too large, or this is no HTTP/2 server" },
        { "frame too large", [0x00, 0x40, 0x01, 0, 0, 0, 0, 0, 1], "too large" },
        { "stream 0 data", ScriptedServer.Frame(Http2FrameType.Data, Http2FrameFlags.None, 0, 1), "never opened" },
        { "unknown stream", ScriptedServer.Frame(Http2FrameType.Data, Http2FrameFlags.None, 77, 1), "never opened" },
        { "push", ScriptedServer.Frame(Http2FrameType.PushPromise, Http2FrameFlags.EndHeaders, 1, 0, 0, 0, 2), "pushes" },
        { "short ping", ScriptedServer.Frame(Http2FrameType.Ping, Http2FrameFlags.None, 0, 1, 2), "wrong size" },
        { "short settings", ScriptedServer.Frame(Http2FrameType.Settings, Http2FrameFlags.None, 0, 1, 2), "malformed" },
        { "lone continuation", ScriptedServer.Frame(Http2FrameType.Continuation, Http2FrameFlags.EndHeaders, 1), "continues nothing" },
        { "padding beyond length", ScriptedServer.Frame(Http2FrameType.Data, Http2FrameFlags.Padded, 1, 200, 1), "padded" },
        { "damaged header block", ScriptedServer.Frame(Http2FrameType.Headers, Http2FrameFlags.EndHeaders, 1, 0x80), "index 0" },
        { "window overflow", [.. Window(int.MaxValue), .. Window(int.MaxValue)], "too far" },
        { "initial window beyond 2^31-1", ScriptedServer.Frame(Http2FrameType.Settings, Http2FrameFlags.None, 0, 0, 4, 0xFF, 0xFF, 0xFF, 0xFF), "too far" },
        { "frame size out of range", ScriptedServer.Frame(Http2FrameType.Settings, Http2FrameFlags.None, 0, 0, 5, 0, 0, 0, 1), "out of range" },
    };

    [Theory, MemberData(nameof(Violations))]
    public async Task Unary_ServerBreaksTheProtocol_IsUnavailableWithTheReason(string name, byte[] bytes, string reason)
    {
        await using var server = new ScriptedServer(async (_, client) =>
        {
            await ScriptedServer.ReadCallAsync(client);
            await client.WriteAsync(bytes);
            await client.CopyToAsync(Stream.Null);
        });
        await using var channel = new RpcChannel(server.Address);

        RpcException error = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            Say, new StringValue(), cancellationToken: Cancellation));

        Assert.True(error.Code == RpcStatusCode.Unavailable && error.Message.Contains(reason, StringComparison.Ordinal), $"{name}: {error}");
    }

    // CVE-2023-45288: a header block that never ends.
    [Fact]
    public async Task Unary_EndlessContinuation_EndsTheConnection()
    {
        await using var server = new ScriptedServer(async (_, client) =>
        {
            int stream = await ScriptedServer.ReadCallAsync(client);
            await client.WriteAsync(ScriptedServer.Frame(Http2FrameType.Headers, Http2FrameFlags.None, stream, 0x88));
            byte[] more = ScriptedServer.Frame(Http2FrameType.Continuation, Http2FrameFlags.None, stream, new byte[16_000]);
            while (true)
            {
                await client.WriteAsync(more);
            }
        });
        await using var channel = new RpcChannel(server.Address);

        RpcException error = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            Say, new StringValue(), cancellationToken: Cancellation));

        Assert.Contains("a header block is too large", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unary_ConnectionLost_IsUnavailableAndTheNextCallConnectsAgain()
    {
        await using var server = new ScriptedServer(async (number, client) =>
        {
            int stream = await ScriptedServer.ReadCallAsync(client);
            if (number > 0)
            {
                await client.WriteAsync((byte[])[.. ScriptedServer.Settings, .. ScriptedServer.Reply(stream)]);
                await client.CopyToAsync(Stream.Null);
            }
        });
        await using var channel = new RpcChannel(server.Address);

        RpcException error = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            Say, new StringValue(), cancellationToken: Cancellation));
        await channel.UnaryAsync(Say, new StringValue(), cancellationToken: Cancellation);

        Assert.Equal((RpcStatusCode.Unavailable, 2), (error.Code, server.Connections));
    }

    [Theory]
    [InlineData(7, 2)] // REFUSED_STREAM: certainly not looked at
    [InlineData(11, 1)] // ENHANCE_YOUR_CALM: not known
    public async Task Unary_StreamReset_IsSentAgainOnlyWhenItWasNotLookedAt(byte code, int calls)
    {
        int seen = 0;
        await using var server = new ScriptedServer(async (_, client) =>
        {
            int stream = await ScriptedServer.ReadCallAsync(client);
            seen++;
            await client.WriteAsync((byte[])[.. ScriptedServer.Settings, .. ScriptedServer.Frame(Http2FrameType.RstStream, Http2FrameFlags.None, stream, 0, 0, 0, code)]);
            stream = await ScriptedServer.ReadCallAsync(client, isFirst: false);
            seen++;
            await client.WriteAsync(ScriptedServer.Reply(stream));
            await client.CopyToAsync(Stream.Null);
        });
        await using var channel = new RpcChannel(server.Address);

        Exception? error = await Record.ExceptionAsync(() => channel.UnaryAsync(Say, new StringValue(), cancellationToken: Cancellation));

        Assert.Equal((calls, calls == 2), (seen, error is null));
        Assert.True(error is null or RpcException { Code: RpcStatusCode.ResourceExhausted });
    }

    [Fact]
    public async Task Unary_GoAwayBeforeTheCall_GoesOnOnANewConnection()
    {
        await using var server = new ScriptedServer(async (number, client) =>
        {
            int stream = await ScriptedServer.ReadCallAsync(client);
            await client.WriteAsync(ScriptedServer.Settings);
            await client.WriteAsync(number == 0
                ? ScriptedServer.Frame(Http2FrameType.GoAway, Http2FrameFlags.None, 0, 0, 0, 0, 0, 0, 0, 0, 0)
                : ScriptedServer.Reply(stream));
            await client.CopyToAsync(Stream.Null);
        });
        await using var channel = new RpcChannel(server.Address);

        await channel.UnaryAsync(Say, new StringValue(), cancellationToken: Cancellation);

        Assert.Equal(2, server.Connections);
    }

    [Theory]
    [InlineData("404", "text/html", RpcStatusCode.Unimplemented)]
    [InlineData("503", "text/html", RpcStatusCode.Unavailable)]
    [InlineData("401", "text/html", RpcStatusCode.Unauthenticated)]
    [InlineData("500", "text/html", RpcStatusCode.Unknown)]
    [InlineData("200", "text/html", RpcStatusCode.Unknown)]
    public async Task Unary_AnswerIsNoRpc_CodeFollowsTheHttpStatus(string http, string contentType, RpcStatusCode code)
    {
        await using var server = new ScriptedServer(async (_, client) =>
        {
            int stream = await ScriptedServer.ReadCallAsync(client);
            byte[] headers = ScriptedServer.Headers((":status", http), ("content-type", contentType));
            await client.WriteAsync((byte[])[.. ScriptedServer.Settings, .. ScriptedServer.Frame(
                Http2FrameType.Headers, Http2FrameFlags.EndHeaders | Http2FrameFlags.EndStream, stream, headers)]);
            await client.CopyToAsync(Stream.Null);
        });
        await using var channel = new RpcChannel(server.Address);

        RpcException error = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            Say, new StringValue(), cancellationToken: Cancellation));

        Assert.Equal(code, error.Code);
    }

    [Theory]
    [InlineData("http://127.0.0.1:1", "dial tcp 127.0.0.1:1: connect: connection refused")]
    [InlineData("unix:///nowhere.sock", "dial unix /nowhere.sock: connect: no such file or directory")]
    public async Task Unary_NobodyListens_IsUnavailableWithTheAddress(string address, string expected)
    {
        await using var channel = new RpcChannel(RpcAddress.Parse(address));

        RpcException error = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            Say, new StringValue(), cancellationToken: Cancellation));

        Assert.Equal(RpcStatusCode.Unavailable, error.Code);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeepAlive_ServerIsSilent_CallsAreUnavailable()
    {
        await using var server = new ScriptedServer((_, client) => client.CopyToAsync(Stream.Null));
        var options = new RpcChannelOptions
        {
            KeepAliveIntervalMin = TimeSpan.Zero,
            KeepAliveInterval = TimeSpan.FromMilliseconds(50),
            KeepAliveTimeout = TimeSpan.FromMilliseconds(50),
        };
        await using var channel = new RpcChannel(server.Address, options);

        RpcException error = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            Say, new StringValue(), cancellationToken: Cancellation));

        Assert.Equal((RpcStatusCode.Unavailable, "keepalive ping failed to receive ACK within timeout"), (error.Code, error.Message));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Deadline_ServerIsSilent_IsDeadlineExceeded(bool isBlocking)
    {
        await using var server = new ScriptedServer((_, client) => client.CopyToAsync(Stream.Null));
        await using var channel = new RpcChannel(server.Address, new RpcChannelOptions { BlockingUnary = isBlocking });

        RpcException error = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            Say, new StringValue(), new RpcCallOptions { Timeout = TimeSpan.FromMilliseconds(100) }, Cancellation));

        Assert.Equal((RpcStatusCode.DeadlineExceeded, "context deadline exceeded"), (error.Code, error.Message));
    }

    [Fact]
    public async Task Blocking_CancelFromAnotherThread_EndsTheCall()
    {
        await using var server = new ScriptedServer((_, client) => client.CopyToAsync(Stream.Null));
        await using var channel = new RpcChannel(server.Address, new RpcChannelOptions { BlockingUnary = true });
        using var giveUp = new CancellationTokenSource();
        Task call = Task.Run(() => channel.UnaryAsync(Say, new StringValue(), cancellationToken: giveUp.Token), Cancellation);
        giveUp.CancelAfter(TimeSpan.FromMilliseconds(100));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task Blocking_UnaryThenStreamThenUnary_AllWorkOnOneChannel()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        RpcChannel channel = server.Channel(new RpcChannelOptions { BlockingUnary = true });

        Task<StringValue> first = channel.UnaryAsync(Say, new StringValue { Value = "1" }, cancellationToken: Cancellation);
        Assert.True(first.IsCompletedSuccessfully);
        using RpcStreamCall<StringValue, StringValue> talk = await channel.StreamAsync(EchoServer.Talk, cancellationToken: Cancellation);
        await talk.WriteAsync(new StringValue { Value = "2" }, Cancellation);
        Assert.True(await talk.MoveNextAsync(Cancellation));
        StringValue last = await channel.UnaryAsync(Say, new StringValue { Value = "3" }, cancellationToken: Cancellation);

        Assert.Equal("1 2 3", $"{(await first).Value} {talk.Current.Value} {last.Value}");
    }

    [Fact]
    public async Task Unary_ReplyBeyondTheLimit_IsResourceExhausted()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        RpcChannel channel = server.Channel(new RpcChannelOptions { ReceiveBytesMax = 1000 });

        RpcException error = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            Say, new StringValue { Value = new string('x', 2000) }, cancellationToken: Cancellation));

        Assert.Equal((RpcStatusCode.ResourceExhausted, "grpc: received message larger than max (2003 vs. 1000)"), (error.Code, error.Message));
    }

    [Fact]
    public async Task Unary_RequestBeyondTheLimit_IsNotSent()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        RpcChannel channel = server.Channel(new RpcChannelOptions { SendBytesMax = 1000 });

        RpcException error = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            Say, new StringValue { Value = new string('x', 2000) }, cancellationToken: Cancellation));

        Assert.Equal((RpcStatusCode.ResourceExhausted, "trying to send message larger than max (2003 vs. 1000)"), (error.Code, error.Message));
    }

    [Theory]
    [InlineData(RpcTransportKind.Lean)]
    [InlineData(RpcTransportKind.SocketsHttp)]
    public async Task Unary_Gzip_GoesAndComesBack(RpcTransportKind transport)
    {
        await using EchoServer server = await EchoServer.StartAsync();
        string text = new('g', 500_000);

        StringValue reply = await server.Channel(new RpcChannelOptions { Transport = transport }).UnaryAsync(
            Say, new StringValue { Value = text }, new RpcCallOptions { Gzip = true }, Cancellation);

        Assert.Equal(text, reply.Value);
    }

    [Fact]
    public async Task Unary_ManyAtOnceWithAllSizes_EachGetsItsOwn()
    {
        await using EchoServer server = await EchoServer.StartAsync(new() { StreamsPerConnectionMax = 20 });
        RpcChannel channel = server.Channel();

        await Task.WhenAll(Enumerable.Range(0, 400).Select(async i =>
        {
            string text = new((char)('a' + (i % 26)), i * i);
            StringValue reply = await channel.UnaryAsync(Say, new StringValue { Value = text }, cancellationToken: Cancellation);
            Assert.Equal(text, reply.Value);
        }));
    }

    private static byte[] Window(int increment) => ScriptedServer.Frame(
        Http2FrameType.WindowUpdate, Http2FrameFlags.None, 0,
        (byte)(increment >> 24), (byte)(increment >> 16), (byte)(increment >> 8), (byte)increment);
}
