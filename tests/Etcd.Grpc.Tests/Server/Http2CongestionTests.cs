using System.Buffers;
using Etcd.Grpc.Server;
using Etcd.Grpc.Server.Http2;
using Etcd.Grpc.Tests.Client;
using Etcd.Grpc.Transport.Http2;
using Etcd.Testing;

namespace Etcd.Grpc.Tests.Server;

/// <summary>Connections on which more is under way than the client takes, or the calls take: one call is not to stand in the way of the others, and
/// what gathers is bounded all the same.</summary>
public sealed class Http2CongestionTests
{
    private const string Large = "/test.Echo/Large";
    private const string Refuse = "/test.Echo/Refuse";

    // More than the socket buffers of both sides.
    private const int LargeBytes = 16 * 1024 * 1024;
    private const int ReceiveBufferBytes = 64 * 1024;

    private static readonly string LongText = new('x', 1000);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // A slow link is busy with one reply for long. What waits behind it is more than answers to pings may ever be.
    [Fact]
    public async Task LargeReply_ThatFlowsSlowly_HoldsUpNeitherCallsNorPings()
    {
        const int Calls = 200;
        using var begun = new SemaphoreSlim(0);
        await using EchoServer server = await EchoServer.StartAsync(new RpcServerOptions { ClientPingIntervalMin = TimeSpan.Zero }, table =>
        {
            AddLarge(table, LargeBytes);
            table.AddUnary("test.Echo", "Refuse", (_, _, _) =>
            {
                begun.Release();
                throw new RpcException(RpcStatusCode.FailedPrecondition, LongText);
            });
        });
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint, int.MaxValue, int.MaxValue, ReceiveBufferBytes);
        await client.SendAsync(RawConnection.Open(1, Large), RawConnection.Message(1));
        await client.ReadToAsync(Http2FrameType.Data, 1);

        await client.SendAsync([.. Enumerable.Range(1, Calls).SelectMany(i => Call((i * 2) + 1, Refuse))]);
        for (int i = 0; i < Calls; i++)
        {
            await begun.WaitAsync(Cancellation);
        }

        await client.SendAsync(Frame(Http2FrameType.Ping, 0, new byte[8]));
        bool isPingAnswered = false;
        for (int ended = 0; ended <= Calls || !isPingAnswered;)
        {
            Http2FrameHeader frame = (await client.ReadAsync())!.Value.Head;
            Assert.NotEqual(Http2FrameType.GoAway, frame.Type);
            ended += frame.Type == Http2FrameType.Headers && frame.Has(Http2FrameFlags.EndStream) ? 1 : 0;
            isPingAnswered |= frame.Type == Http2FrameType.Ping;
        }
    }

    // The clock runs, so that it is not the number of pings a second that ends the connection.
    [Fact]
    public async Task Pings_WhoseAnswersAreNotRead_EndTheConnection()
    {
        var time = new ManualTimeProvider();
        await using EchoServer server = await EchoServer.StartAsync(
            new RpcServerOptions { ClientPingIntervalMin = TimeSpan.Zero, Time = time }, table => AddLarge(table, LargeBytes));
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint, int.MaxValue, int.MaxValue, ReceiveBufferBytes);
        await client.SendAsync(RawConnection.Open(1, Large), RawConnection.Message(1));
        await client.ReadToAsync(Http2FrameType.Data, 1);
        byte[][] pings = [.. Enumerable.Repeat(Frame(Http2FrameType.Ping, 0, new byte[8]), 1000)];

        await client.SendUntilClosedAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(2));
            return pings;
        });
    }

    // The heads and ends of replies fill what may gather; streams of replies are not to wait for the large reply then, which has no window to go on.
    [Fact]
    public async Task Streams_HeldUpBecauseTheClientDoesNotRead_BeginWhenItHasReadOn()
    {
        const int Streams = 700;
        int begun = 0;
        await using EchoServer server = await EchoServer.StartAsync(more: table =>
        {
            AddLarge(table, (int)ServerLimits.ReplyBytesHeldMax + LargeBytes);
            table.AddStreaming("test.Echo", "Refuse", RpcMethodKind.BidiStream, (_, _, _) =>
            {
                Interlocked.Increment(ref begun);
                throw new RpcException(RpcStatusCode.FailedPrecondition, LongText);
            });
        });
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint, int.MaxValue, LargeBytes / 2, ReceiveBufferBytes);
        await client.SendAsync(RawConnection.Open(1, Large), RawConnection.Message(1));
        await client.ReadToAsync(Http2FrameType.Data, 1);

        await client.SendAsync([.. Enumerable.Range(1, Streams).SelectMany(i => Call((i * 2) + 1, Refuse))]);
        Assert.InRange(await CountWhenNoMoreBeginAsync(() => Volatile.Read(ref begun)), 1, Streams - 1);

        for (int ended = 0; ended < Streams;)
        {
            Http2FrameHeader frame = (await client.ReadAsync())!.Value.Head;
            ended += frame.Type == Http2FrameType.Headers && frame.Has(Http2FrameFlags.EndStream) ? 1 : 0;
        }
    }

    // Puts that wait for consensus: their requests are more than the window of the connection.
    [Fact]
    public async Task Requests_OfCallsThatWait_KeepNoOtherFromSending()
    {
        const int Calls = 200;
        const int RequestBytes = 10_000;
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using EchoServer server = await EchoServer.StartAsync(more: table => table.AddUnary(
            "test.Echo", "Wait", async (call, _, _) => await release.Task.WaitAsync(call.CancellationToken)));
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        var upload = new RawUpload(client);
        for (int stream = 1; stream < 2 * Calls; stream += 2)
        {
            await client.SendAsync(RawConnection.Open(stream, "/test.Echo/Wait"));
            await upload.SendAsync(stream, [.. RawUpload.Prefix(RequestBytes), .. new byte[RequestBytes]], ends: true);
        }

        const int Further = (2 * Calls) + 1;
        await client.SendAsync(RawConnection.Open(Further, "/test.Echo/Say"));
        await upload.SendAsync(Further, RawUpload.Prefix(0), ends: true);
        await upload.ReadEndsAsync(1);

        Assert.Equal([(Further, null)], upload.Ends);
        release.SetResult();
        await upload.ReadEndsAsync(Calls + 1);
        Assert.All(upload.Ends, end => Assert.Null(end.Reset));
    }

    // However short a reply is, its stream takes memory until the client lets it go.
    [Fact]
    public async Task ShortReplies_ThatTheClientDoesNotTake_HoldFurtherCallsUp()
    {
        const int Calls = 10_000;
        int begun = 0;
        await using EchoServer server = await EchoServer.StartAsync(more: table => table.AddUnary("test.Echo", "Begin", (_, _, _) =>
        {
            Interlocked.Increment(ref begun);
            return default;
        }));
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint, streamWindowBytes: 0);
        foreach (int[] batch in Enumerable.Range(0, Calls).Chunk(500))
        {
            await client.SendAsync([.. batch.SelectMany(i => Call((i * 2) + 1, "/test.Echo/Begin"))]);
        }

        Assert.InRange(await CountWhenNoMoreBeginAsync(() => Volatile.Read(ref begun)), 1, 9_000);

        await client.SendAsync(Frame(Http2FrameType.Settings, 0, 0, 4, 0, 0, 0, 10));
        for (int ended = 0; ended < Calls;)
        {
            Http2FrameHeader frame = (await client.ReadAsync())!.Value.Head;
            ended += frame.Type == Http2FrameType.Headers && frame.Has(Http2FrameFlags.EndStream) ? 1 : 0;
        }
    }

    // The server's own part of a call fails after the handler has waited: nobody waits for the call any more.
    [Theory]
    [InlineData("Unary")]
    [InlineData("Stream")]
    public async Task Call_ThatCannotBeEnded_IsReset(string method)
    {
        await using EchoServer server = await EchoServer.StartAsync(
            new RpcServerOptions { TranslateException = static (_, failure) => throw new InvalidOperationException("no status", failure) },
            table =>
            {
                table.AddUnary("test.Echo", "Unary", async (_, _, _) => await FailAsync());
                table.AddStreaming("test.Echo", "Stream", RpcMethodKind.BidiStream, (_, _, _) => FailAsync());
            });
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);

        await client.SendAsync([.. Call(1, "/test.Echo/" + method)]);

        Assert.Equal(Http2ErrorCode.InternalError, await client.ReadResetAsync(1));
        await client.SendAsync([.. Call(3, "/test.Echo/Say")]);
        await client.ReadReplyAsync(3);

        static async Task FailAsync()
        {
            await Task.Yield();
            throw new InvalidOperationException("the handler fails");
        }
    }

    private static async Task<int> CountWhenNoMoreBeginAsync(Func<int> begun)
    {
        int before;
        do
        {
            before = begun();

            // That no further call is begun shows only over time.
            await Task.Delay(200, Cancellation);
        }
        while (before == 0 || before != begun());
        return before;
    }

    private static void AddLarge(RpcServiceTable table, int bytes) => table.AddUnary("test.Echo", "Large", (_, _, output) =>
    {
        output.Write(new byte[bytes]);
        return default;
    });

    private static byte[][] Call(int stream, string path) => [RawConnection.Open(stream, path), RawConnection.Message(stream)];

    private static byte[] Frame(Http2FrameType type, byte flags, params byte[] payload) =>
        ScriptedServer.Frame(type, (Http2FrameFlags)flags, stream: 0, payload);
}
