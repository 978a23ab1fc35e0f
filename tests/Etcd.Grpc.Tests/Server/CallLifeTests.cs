using System.Collections.Concurrent;
using System.Net.Sockets;
using Etcd.Grpc.Server;
using Etcd.Grpc.Tests.Client;
using Etcd.Grpc.Transport.Http2;
using Etcd.Grpc.Wire;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Etcd.Grpc.Tests.Server;

/// <summary>Deadlines, cancellation, metadata and failures, seen from handlers; on the server's own HTTP/2 and on Kestrel's, which serves TLS.</summary>
public abstract class CallLifeTests(bool isKestrel)
{
    private static readonly RpcMethod<StringValue, StringValue> Wait = new("test.Life", "Wait", StringValue.Parser);
    private static readonly RpcMethod<StringValue, StringValue> Meta = new("test.Life", "Meta", StringValue.Parser);
    private static readonly RpcMethod<StringValue, StringValue> Break = new("test.Life", "Break", StringValue.Parser);
    private static readonly RpcMethod<StringValue, StringValue> Partial = new("test.Life", "Partial", StringValue.Parser);
    private static readonly RpcMethod<StringValue, StringValue> Stubborn = new("test.Life", "Stubborn", StringValue.Parser);
    private static readonly RpcMethod<StringValue, StringValue> Flood = new("test.Life", "Flood", StringValue.Parser);

    private readonly TaskCompletionSource<string> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _flooded;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Deadline_PassesInHandler_CancelsItAndAnswersDeadlineExceeded()
    {
        await using EchoServer server = await StartAsync();
        using var raw = new RawCall();

        RawReply reply = await raw.SendAsync(server.EndPoint, "/test.Life/Wait", [0, 0, 0, 0, 0], headers: "grpc-timeout:50m");

        Assert.Equal(("4", "context deadline exceeded"), (reply.Status, reply.Message));
        Assert.Equal("deadline set: True", await _outcome.Task);
    }

    [Fact]
    public async Task Deadline_WhileWaitingForTheRequest_AnswersDeadlineExceeded()
    {
        await using EchoServer server = await StartAsync();

        RpcChannel channel = server.Channel(new RpcChannelOptions { Transport = RpcTransportKind.Lean });

        // Connected beforehand: the deadline is to pass while the server waits.
        await channel.UnaryAsync(EchoServer.Say, new StringValue(), cancellationToken: Cancellation);
        using RpcStreamCall<StringValue, StringValue> call = await channel.StreamAsync(
            EchoServer.Talk, new RpcCallOptions { Timeout = TimeSpan.FromMilliseconds(500) }, Cancellation);

        RpcException error = await Assert.ThrowsAsync<RpcException>(async () => await call.MoveNextAsync(Cancellation));
        Assert.Equal(RpcStatusCode.DeadlineExceeded, error.Code);
    }

    // Found by this suite: waking a read of a stream that was reset threw on the timer's thread, which ended the process.
    [Fact]
    public async Task Deadline_PassesAfterTheClientLeft_ServerGoesOn()
    {
        await using EchoServer server = await StartAsync();
        RpcChannel channel = server.Channel();
        for (int i = 0; i < 50; i++)
        {
            RpcStreamCall<StringValue, StringValue> call = await channel.StreamAsync(
                Stubborn, new RpcCallOptions { Timeout = TimeSpan.FromMilliseconds(40) }, Cancellation);
            await call.WriteAsync(new StringValue(), Cancellation);
            call.Dispose();
        }

        // The fault, when it comes, is on a timer of the server: nothing but time passing can bring it out.
        await Task.Delay(150, Cancellation);

        Assert.Equal("ok", (await channel.UnaryAsync(EchoServer.Say, new StringValue { Value = "ok" }, cancellationToken: Cancellation)).Value);
    }

    [Theory]
    [InlineData(RpcTransportKind.Lean)]
    [InlineData(RpcTransportKind.SocketsHttp)]
    public async Task Cancel_ByTheClient_CancelsTheHandler(RpcTransportKind transport)
    {
        await using EchoServer server = await StartAsync();
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        Task<StringValue> call = server.Channel(new RpcChannelOptions { Transport = transport })
            .UnaryAsync(Wait, new StringValue(), cancellationToken: giveUp.Token);
        await _started.Task.WaitAsync(Cancellation);

        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal("deadline set: False", await _outcome.Task.WaitAsync(Cancellation));
    }

    [Theory]
    [InlineData(RpcTransportKind.Lean)]
    [InlineData(RpcTransportKind.SocketsHttp)]
    public async Task Dispose_OfAStream_CancelsTheHandler(RpcTransportKind transport)
    {
        await using EchoServer server = await StartAsync();
        RpcStreamCall<StringValue, StringValue> call = await server.Channel(new RpcChannelOptions { Transport = transport })
            .StreamAsync(Wait, cancellationToken: Cancellation);
        await call.WriteAsync(new StringValue(), Cancellation);
        await _started.Task.WaitAsync(Cancellation);

        call.Dispose();

        Assert.Equal("deadline set: False", await _outcome.Task.WaitAsync(Cancellation));
    }

    [Theory]
    [InlineData(RpcTransportKind.Lean)]
    [InlineData(RpcTransportKind.SocketsHttp)]
    public async Task Metadata_BothWays_ArrivesAsHeadersAndTrailers(RpcTransportKind transport)
    {
        await using EchoServer server = await StartAsync();
        var metadata = new RpcMetadata();
        metadata.Add("token", "secret.17");
        metadata.AddBinary("blob-bin", [0, 255, 7]);

        using RpcStreamCall<StringValue, StringValue> call = await server.Channel(new RpcChannelOptions { Transport = transport })
            .ServerStreamAsync(Meta, new StringValue(), new RpcCallOptions { Metadata = metadata }, Cancellation);
        RpcMetadata? headers = await call.ReadHeadersAsync(Cancellation);
        Assert.True(await call.MoveNextAsync(Cancellation));
        Assert.False(await call.MoveNextAsync(Cancellation));

        Assert.Equal("secret.17 00FF07", call.Current.Value);
        Assert.Equal("early", headers?.Get("x-header"));
        Assert.Equal([9, 8], call.Trailers?.GetBinary("x-trailer-bin")!);
    }

    [Fact]
    public async Task Handler_ThrowsUnexpectedly_IsUnknownAndTellsNothingInside()
    {
        await using EchoServer server = await StartAsync();
        RpcChannel channel = server.Channel();

        RpcException error = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            Break, new StringValue { Value = "inner secret" }, cancellationToken: Cancellation));

        Assert.Equal((RpcStatusCode.Unknown, "unexpected failure in the server, see its log"), (error.Code, error.Message));
        Assert.Equal("ok", (await channel.UnaryAsync(EchoServer.Say, new StringValue { Value = "ok" }, cancellationToken: Cancellation)).Value);
    }

    [Theory]
    [InlineData(100, RpcStatusCode.FailedPrecondition)]
    [InlineData(100_000, RpcStatusCode.Internal)]
    public async Task Handler_FailsAfterWritingAPart_ClientNeverSeesThePart(int written, RpcStatusCode code)
    {
        await using EchoServer server = await StartAsync();
        RpcChannel channel = server.Channel();

        RpcException error = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            Partial, new StringValue { Value = $"{written}" }, cancellationToken: Cancellation));

        Assert.Equal(code, error.Code);
    }

    // Found by the call shapes over HttpClient: a reply that left before the end of the request came with a reset behind it, and was lost.
    [Theory]
    [InlineData("/test.Echo/Say")]
    [InlineData("/test.Echo/Fail")]
    public async Task Unary_ReplyIsReadyBeforeTheRequestEnds_ComesWithoutAReset(string path)
    {
        await using EchoServer server = await EchoServer.StartAsync(isKestrel: isKestrel);
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(server.EndPoint, Cancellation);
        await using var stream = new NetworkStream(client);
        using var output = new PooledBuffer();
        Http2FrameWriter.WriteConnectionStart(output, 65_535, 65_536, 65_536);
        Http2FrameWriter.WriteHeaders(output, 1, [0x83, 0x86, .. ScriptedServer.Headers(
            (":path", path), (":authority", "x"), ("content-type", "application/grpc"), ("te", "trailers"))], endStream: false, 16_384);
        Http2FrameWriter.WriteData(output, 1, [0, 0, 0, 0, 0], endStream: false);
        Http2FrameWriter.WriteHeaders(output, 3, [0x83, 0x86, .. ScriptedServer.Headers(
            (":path", path), (":authority", "x"), ("content-type", "application/grpc"), ("te", "trailers"))], endStream: false, 16_384);
        Http2FrameWriter.WriteData(output, 3, [0, 0, 0, 0, 0], endStream: true);
        await stream.WriteAsync(output.Written, Cancellation);

        // Kestrel cannot answer and wait for the rest: there the reply of the first comes with the end of its request.
        (int Stream, Http2FrameType By)[] ends = await ReadEndsAsync(stream, isKestrel ? 1 : 2);
        output.Clear();
        Http2FrameWriter.WriteData(output, 1, [], endStream: true);
        await stream.WriteAsync(output.Written, Cancellation);

        ends = isKestrel ? [.. ends, .. await ReadEndsAsync(stream, 1)] : ends;

        Assert.Equal([(1, Http2FrameType.Headers), (3, Http2FrameType.Headers)], ends.Order());
    }

    // A slow reader must hold its sender, not the memory of the server.
    [Fact]
    public async Task Stream_ClientDoesNotRead_SenderWaits()
    {
        await using EchoServer server = await StartAsync();
        using RpcStreamCall<StringValue, StringValue> call = await server.Channel().ServerStreamAsync(
            Flood, new StringValue(), cancellationToken: Cancellation);

        long before;
        do
        {
            before = Interlocked.Read(ref _flooded);
            // That nothing more is sent shows only over time.
            await Task.Delay(200, Cancellation);
        }
        while (before == 0 || before != Interlocked.Read(ref _flooded));

        // The stream's window, Kestrel's buffer and the socket's buffers, and nothing beyond.
        Assert.InRange(before, 1, 16_000_000);
    }

    // By it a handler that ends several messages before it flushes knows when they are much.
    [Fact]
    public async Task UnsentBytes_OfEndedMessages_AreThoseSinceTheLastFlush()
    {
        var unsent = new List<long>();
        await using EchoServer server = await EchoServer.StartAsync(
            more: table => table.AddServerStream("test.Life", "Flood", StringValue.Parser, async (call, request, replies) =>
            {
                unsent.Add(replies.UnsentBytes);
                for (int i = 0; i < 2; i++)
                {
                    request.WriteTo(replies.Begin());
                    replies.End();
                    unsent.Add(replies.UnsentBytes);
                }

                await replies.FlushAsync(call.CancellationToken);
                unsent.Add(replies.UnsentBytes);
            }),
            isKestrel: isKestrel);
        var message = new StringValue { Value = new string('m', 100_000) };

        for (int i = 0; i < 2; i++)
        {
            using RpcStreamCall<StringValue, StringValue> call = await server.Channel().ServerStreamAsync(Flood, message, cancellationToken: Cancellation);
            while (await call.MoveNextAsync(Cancellation))
            {
            }
        }

        long each = message.CalculateSize() + RpcFrame.PrefixBytes;
        Assert.Equal([0, each, 2 * each, 0, 0, each, 2 * each, 0], unsent);
    }

    [Fact]
    public async Task Observer_EveryCall_IsStartedAndHandledOnceWithItsMessages()
    {
        var observer = new Counting();
        await using EchoServer server = await StartAsync(new RpcServerOptions { Observer = observer });
        RpcChannel channel = server.Channel();
        await channel.UnaryAsync(EchoServer.Say, new StringValue(), cancellationToken: Cancellation);
        await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(EchoServer.Fail, new StringValue(), cancellationToken: Cancellation));
        using (RpcStreamCall<Int32Value, Int32Value> call = await channel.ServerStreamAsync(
            EchoServer.Count, new Int32Value { Value = 3 }, cancellationToken: Cancellation))
        {
            while (await call.MoveNextAsync(Cancellation))
            {
            }
        }

        Assert.Equal(
            [
                "Count handled OK", "Count received 2", "Count sent 2", "Count sent 2", "Count sent 2", "Count started",
                "Fail handled FailedPrecondition", "Fail received 0", "Fail started",
                "Say handled OK", "Say received 0", "Say sent 0", "Say started",
            ],
            observer.Events.Order(StringComparer.Ordinal));
    }

    /// <summary>The next ends of streams, and the frames that bring them.</summary>
    private static async Task<(int Stream, Http2FrameType By)[]> ReadEndsAsync(Stream stream, int count)
    {
        var ends = new List<(int Stream, Http2FrameType By)>();
        while (ends.Count < count)
        {
            Http2FrameHeader frame = await ScriptedServer.ReadFrameAsync(stream);
            if (frame.Type == Http2FrameType.RstStream || (frame.Type == Http2FrameType.Headers && frame.Has(Http2FrameFlags.EndStream)))
            {
                ends.Add((frame.StreamId, frame.Type));
            }
        }

        return [.. ends];
    }

    private Task<EchoServer> StartAsync(RpcServerOptions? options = null) => EchoServer.StartAsync(options, table =>
    {
        table.AddUnary("test.Life", "Wait", async (call, _, _) =>
        {
            _started.TrySetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, call.CancellationToken);
            }
            finally
            {
                _outcome.TrySetResult($"deadline set: {call.Deadline is not null}");
            }
        });
        // A handler that outlives its caller's deadline and does not listen to cancellation.
        table.AddUnary("test.Life", "Stubborn", async (_, _, _) => await Task.Delay(100));
        table.AddUnary("test.Life", "Break", (_, request, _) =>
            throw new InvalidOperationException(StringValue.Parser.ParseFrom(request).Value));
        table.AddUnary("test.Life", "Partial", (_, request, reply) =>
        {
            int count = int.Parse(StringValue.Parser.ParseFrom(request).Value, System.Globalization.CultureInfo.InvariantCulture);
            for (int i = 0; i < count; i++)
            {
                reply.GetSpan(1)[0] = 1;
                reply.Advance(1);
            }

            throw new RpcException(RpcStatusCode.FailedPrecondition, "changed my mind");
        });
        table.AddServerStream("test.Life", "Meta", StringValue.Parser, async (call, _, replies) =>
        {
            call.ResponseHeaders.Add("x-header", "early");
            await replies.SendHeadersAsync(call.CancellationToken);
            string text = $"{call.RequestHeader("token")} {Convert.ToHexString(call.RequestHeaders.GetBinary("blob-bin")!)}";
            new StringValue { Value = text }.WriteTo(replies.Begin());
            await replies.SendAsync(call.CancellationToken);
            call.Trailers.AddBinary("x-trailer-bin", [9, 8]);
        });
        table.AddServerStream("test.Life", "Flood", StringValue.Parser, async (call, _, replies) =>
        {
            string block = new('f', 10_000);
            while (true)
            {
                new StringValue { Value = block }.WriteTo(replies.Begin());
                await replies.SendAsync(call.CancellationToken);
                Interlocked.Add(ref _flooded, block.Length);
            }
        });
    }, isKestrel: isKestrel);

    private sealed class Counting : IRpcServerObserver
    {
        public ConcurrentQueue<string> Events { get; } = new();

        public void CallStarted(RpcServerMethod method) => Events.Enqueue($"{method.Name} started");

        public void MessageReceived(RpcServerMethod method, long messageBytes) => Events.Enqueue($"{method.Name} received {messageBytes}");

        public void MessageSent(RpcServerMethod method, long messageBytes) => Events.Enqueue($"{method.Name} sent {messageBytes}");

        public void CallHandled(RpcServerMethod method, RpcStatusCode code, TimeSpan elapsed) =>
            Events.Enqueue($"{method.Name} handled {code}");
    }
}

public sealed class OwnHttp2CallLifeTests() : CallLifeTests(isKestrel: false);

public sealed class KestrelCallLifeTests() : CallLifeTests(isKestrel: true);
