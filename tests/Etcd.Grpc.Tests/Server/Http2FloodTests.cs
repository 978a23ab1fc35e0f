using System.Buffers;
using Etcd.Grpc.Server;
using Etcd.Grpc.Server.Http2;
using Etcd.Grpc.Tests.Client;
using Etcd.Grpc.Transport.Http2;
using Etcd.Testing;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Etcd.Grpc.Tests.Server;

/// <summary>Clients that keep the protocol and ask too much: what is cheap for them is bounded. The clock stands still where a bound is one for a second.</summary>
public sealed class Http2FloodTests
{
    private const string Say = "/test.Echo/Say";
    private const string Talk = "/test.Echo/Talk";

    public static TheoryData<string, byte[]> IdleFrames => new()
    {
        { "CVE-2019-9512: pings", Frame(Http2FrameType.Ping, 0, 0, new byte[8]) },
        { "answers to pings", Frame(Http2FrameType.Ping, 1, 0, new byte[8]) },
        { "CVE-2019-9513: priorities", Frame(Http2FrameType.Priority, 0, 1, 0, 0, 0, 0, 5) },
        { "CVE-2019-9515: settings", Frame(Http2FrameType.Settings, 0, 0) },
        { "CVE-2019-9518: empty data", Frame(Http2FrameType.Data, 0, 1) },
        { "window updates", Frame(Http2FrameType.WindowUpdate, 0, 0, 0, 0, 0, 1) },
        { "frames of no known kind", Frame((Http2FrameType)0x77, 0, 0) },
        { "resets of what is over", Frame(Http2FrameType.RstStream, 0, 1, 0, 0, 0, 8) },
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(IdleFrames))]
    public async Task FramesWithoutContent_MoreThanASecondAllows_EndTheConnection(string flood, byte[] frame)
    {
        await using EchoServer server = await EchoServer.StartAsync(
            new RpcServerOptions { ClientPingIntervalMin = TimeSpan.Zero, Time = new ManualTimeProvider() });
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        await client.SendAsync(RawConnection.Open(1, Talk));
        Task<(Http2ErrorCode Code, string Text)> end = client.ReadGoAwayAsync();

        await client.SendAsync([.. Enumerable.Repeat(frame, FloodGuard.IdleFramesMax + 10)]);

        Assert.Equal((flood, Http2ErrorCode.EnhanceYourCalm), (flood, (await end).Code));
    }

    // CVE-2023-44487.
    [Fact]
    public async Task RapidReset_MoreThanASecondAllows_EndsTheConnection()
    {
        await using EchoServer server = await EchoServer.StartAsync(new RpcServerOptions { Time = new ManualTimeProvider() });
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        Task<(Http2ErrorCode Code, string Text)> end = client.ReadGoAwayAsync();

        await client.SendAsync([.. Enumerable.Range(0, FloodGuard.ResetsMax + 10).Select(i => (i * 2) + 1).SelectMany(stream => new[]
        {
            RawConnection.Open(stream, Talk), Frame(Http2FrameType.RstStream, 0, stream, 0, 0, 0, 8),
        })]);

        Assert.Equal(Http2ErrorCode.EnhanceYourCalm, (await end).Code);
    }

    [Fact]
    public async Task RapidReset_HandlersThatGoOn_AreBounded()
    {
        using var begun = new SemaphoreSlim(0);
        using var release = new SemaphoreSlim(0);
        var time = new ManualTimeProvider();
        bool isReported = false;
        await using EchoServer server = await EchoServer.StartAsync(
            new RpcServerOptions { ClientPingIntervalMin = TimeSpan.Zero, Time = time, ReportStreamBeyondMax = () => Volatile.Write(ref isReported, true) },
            table => table.AddStreaming("test.Echo", "Stubborn", RpcMethodKind.BidiStream, async (_, _, _) =>
            {
                begun.Release();
                await release.WaitAsync();
            }));
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        await client.SendAsync(RawConnection.Open(1, Talk));
        await client.ReadToAsync(Http2FrameType.Headers, 1);

        for (int first = 3; first < 3 + (2 * ServerLimits.OrphansMax); first += 2 * FloodGuard.ResetsMax)
        {
            int[] streams = [.. Enumerable.Range(0, FloodGuard.ResetsMax).Select(i => first + (i * 2))];
            await client.SendAsync([.. streams.Select(stream => RawConnection.Open(stream, "/test.Echo/Stubborn"))]);
            foreach (int _ in streams)
            {
                // A call that is reset before it has begun never does.
                await begun.WaitAsync(Cancellation);
            }

            time.Advance(TimeSpan.FromSeconds(2));
            await client.SendAsync([.. streams.Select(stream => Frame(Http2FrameType.RstStream, 0, stream, 0, 0, 0, 8))]);
        }

        int last = 3 + (2 * ServerLimits.OrphansMax);
        await client.SendAsync(RawConnection.Open(last, Say));
        Assert.Equal(Http2ErrorCode.RefusedStream, await client.ReadResetAsync(last));
        Assert.False(Volatile.Read(ref isReported)); // it is not the limit of streams that refuses
        await client.SendAsync(RawConnection.Message(1, ends: false));
        await client.ReadToAsync(Http2FrameType.Data, 1);
        release.Release(ServerLimits.OrphansMax);
    }

    // Clients whose calls time out together, because there is no quorum, keep their watches and leases.
    [Fact]
    public async Task Resets_OfCallsThatHaveWaited_AreNoFlood()
    {
        var time = new ManualTimeProvider();
        await using EchoServer server = await EchoServer.StartAsync(new RpcServerOptions { ClientPingIntervalMin = TimeSpan.Zero, Time = time });
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        int[] streams = [.. Enumerable.Range(0, 2 * FloodGuard.ResetsMax).Select(i => 1 + (i * 2))];
        await client.SendAsync([.. streams.Select(stream => RawConnection.Open(stream, Say))]);
        await client.SendAsync(Frame(Http2FrameType.Ping, 0, 0, new byte[8]));
        await client.ReadToAsync(Http2FrameType.Ping);
        time.Advance(FloodGuard.RapidFor);

        await client.SendAsync([.. streams.Select(stream => Frame(Http2FrameType.RstStream, 0, stream, 0, 0, 0, 8))]);

        int next = streams[^1] + 2;
        await client.SendAsync(RawConnection.Open(next, Say), RawConnection.Message(next));
        await client.ReadReplyAsync(next);
    }

    // A frame of 16 KiB holds 2,730 windows, each of which moved every stream of the connection.
    [Fact]
    public async Task Settings_OfThousandsOfWindows_CountForEachOfThem()
    {
        await using EchoServer server = await EchoServer.StartAsync(new RpcServerOptions { Time = new ManualTimeProvider() });
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        byte[] windows = Frame(
            Http2FrameType.Settings, 0, 0, [.. Enumerable.Range(0, 2730).SelectMany(i => new byte[] { 0, 4, 0, 0, (byte)(i >> 8), (byte)i })]);
        Task<(Http2ErrorCode Code, string Text)> end = client.ReadGoAwayAsync();

        await client.SendAsync(RawConnection.Open(1, Talk), windows, windows, windows, windows);

        Assert.Equal((Http2ErrorCode.EnhanceYourCalm, "too many settings"), await end);
    }

    // The replies have no body, so that no window of the client's holds them up.
    [Fact]
    public async Task Calls_OfUnknownMethods_WhoseRepliesAreNotRead_AreBounded()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        int stream = 1;

        await client.SendUntilClosedAsync(() =>
        {
            byte[][] calls = [.. Enumerable.Range(0, 100).Select(i => RawConnection.Open(stream + (i * 2), "/test.Echo/Unknown", ends: true))];
            stream += 200;
            return calls;
        });
    }

    // CVE-2024-27316 and its kin: an endless header block, here of pieces that are empty.
    [Fact]
    public async Task Continuations_WithoutEnd_EndTheConnection()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);

        await client.SendAsync([Frame(Http2FrameType.Headers, 0, 1, 0x83), .. Enumerable.Repeat(Frame(Http2FrameType.Continuation, 0, 1), 100)]);

        Assert.Equal(Http2ErrorCode.EnhanceYourCalm, (await client.ReadGoAwayAsync()).Code);
    }

    // A block of 16 kB that names a table entry of 4 kB over and over is one of 60 MB when decoded.
    [Fact]
    public async Task HpackBomb_IsResetAndNothingOfItKept()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        string large = new('b', 3900);
        byte[] add = [0x40, 1, (byte)'x', 0x7F, .. Number(large.Length - 127), .. System.Text.Encoding.ASCII.GetBytes(large)];
        byte[] bomb = [.. RawConnection.Head(Say), .. add, .. Enumerable.Repeat((byte)0xBE, 10_000)];

        await client.SendAsync(Frame(Http2FrameType.Headers, 4, 1, bomb));

        Assert.Equal(Http2ErrorCode.FrameSizeError, await client.ReadResetAsync(1));
        await client.SendAsync(RawConnection.Open(3, Say), RawConnection.Message(3));
        await client.ReadReplyAsync(3);
    }

    // The same behind the body of a request.
    [Fact]
    public async Task HpackBomb_InTrailers_IsResetAndNotLookedAtToItsEnd()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        string large = new('b', 3900);
        byte[] add = [0x40, 1, (byte)'x', 0x7F, .. Number(large.Length - 127), .. System.Text.Encoding.ASCII.GetBytes(large)];
        await client.SendAsync(RawConnection.Open(1, Talk), RawConnection.Message(1, ends: false));

        await client.SendAsync(Frame(Http2FrameType.Headers, 5, 1, [.. add, .. Enumerable.Repeat((byte)0xBE, 10_000)]));

        Assert.Equal(Http2ErrorCode.FrameSizeError, await client.ReadResetAsync(1));
        await client.SendAsync(RawConnection.Open(3, Say), RawConnection.Message(3));
        await client.ReadReplyAsync(3);
    }

    // The bound itself is tried where no time or memory shows it: what comes behind it makes no difference.
    [Fact]
    public void TrailerCheck_BeyondTheBound_LooksAtNothingMore()
    {
        var trailers = new TrailerCheck();
        trailers.Begin();
        trailers.Add("x"u8, new byte[ServerLimits.HeaderListBytesMax - 33]);
        Assert.False(trailers.IsTooLarge);

        trailers.Add("x"u8, default);
        trailers.Add(":method"u8, "POST"u8);

        Assert.Equal((true, false), (trailers.IsTooLarge, trailers.IsMalformed));
        trailers.Begin();
        Assert.Equal((false, false), (trailers.IsTooLarge, trailers.IsMalformed));
    }

    [Fact]
    public async Task HeaderBlock_ThatIsNeverEnded_EndsTheConnectionInTime()
    {
        var time = new ManualTimeProvider();
        await using EchoServer server = await EchoServer.StartAsync(new RpcServerOptions { Time = time });
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        await client.SendAsync(RawConnection.Open(1, Say), RawConnection.Message(1), Frame(Http2FrameType.Headers, 0, 3, 0x83));
        await client.ReadReplyAsync(1);
        Task<(Http2ErrorCode Code, string Text)> end = client.ReadGoAwayAsync();

        while (!end.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            // The server looks at its clock in a thread of its own: the clock goes on until it has.
            await Task.WhenAny(end, Task.Delay(10, Cancellation));
        }

        Assert.Equal((Http2ErrorCode.EnhanceYourCalm, "a header block takes too long"), await end);
    }

    // The first call is answered in part and its reply waits; the last is not begun before there is room for its own.
    [Fact]
    public async Task Replies_ThatTheClientDoesNotTake_HoldFurtherCallsUp()
    {
        int begun = 0;
        byte[] reply = new byte[1024 * 1024];
        await using EchoServer server = await EchoServer.StartAsync(more: table => table.AddUnary("test.Echo", "Large", (_, _, output) =>
        {
            Interlocked.Increment(ref begun);
            output.Write(new BytesValue { Value = UnsafeByteOperations.UnsafeWrap(reply) }.ToByteArray());
            return default;
        }));
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        for (int stream = 1; stream < 200; stream += 2)
        {
            await client.SendAsync(RawConnection.Open(stream, "/test.Echo/Large"), RawConnection.Message(stream));
        }

        int before;
        do
        {
            before = Volatile.Read(ref begun);

            // That no further call is begun shows only over time.
            await Task.Delay(200, Cancellation);
        }
        while (before == 0 || before != Volatile.Read(ref begun));
        Assert.InRange(before, 1, 60);

        // A stream of replies is begun all the same; its head needs no window.
        await client.SendAsync(RawConnection.Open(1001, Talk), RawConnection.Message(1001, ends: false));
        await client.ReadToAsync(Http2FrameType.Headers, 1001);

        await client.SendAsync(Frame(Http2FrameType.Settings, 0, 0, 0, 4, 0x7F, 0, 0, 0), Frame(Http2FrameType.WindowUpdate, 0, 0, 0x70, 0, 0, 0));
        for (int ended = 0; ended < 100;)
        {
            Http2FrameHeader frame = (await client.ReadAsync())!.Value.Head;
            ended += frame.Type == Http2FrameType.Headers && frame.Has(Http2FrameFlags.EndStream) ? 1 : 0;
        }

        Assert.Equal(100, begun);
    }

    // One reply that is not taken holds the connection's other calls up. Their time goes on, and what they have sent keeps no stream from sending.
    [Fact]
    public async Task Calls_HeldUp_EndAtTheirDeadline()
    {
        int begun = 0;
        TimeSpan? left = null;
        var time = new ManualTimeProvider();
        await using EchoServer server = await EchoServer.StartAsync(new RpcServerOptions { Time = time }, table =>
        {
            table.AddUnary("test.Echo", "Huge", (_, _, output) =>
            {
                output.Write(new byte[ServerLimits.ReplyBytesHeldMax + (1024 * 1024)]);
                return default;
            });
            table.AddUnary("test.Echo", "Begin", (call, _, _) =>
            {
                Interlocked.Increment(ref begun);
                left = call.Deadline - time.GetUtcNow();
                return default;
            });
        });
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        var upload = new RawUpload(client);
        await client.SendAsync(RawConnection.Open(1, "/test.Echo/Huge"), RawConnection.Message(1));
        await upload.ReadToAsync(Http2FrameType.Data, 1);

        // Together they are more than the window of the connection.
        await client.SendAsync(RawConnection.Open(3, "/test.Echo/Begin", more: ("grpc-timeout", "10S")));
        await upload.SendAsync(3, RawUpload.Prefix(700_000));
        await upload.SendAsync(3, new byte[700_000], ends: true);
        await client.SendAsync(RawConnection.Open(5, "/test.Echo/Begin", more: ("grpc-timeout", "60S")));
        await upload.SendAsync(5, RawUpload.Prefix(700_000));
        await upload.SendAsync(5, new byte[700_000], ends: true);
        await client.SendAsync(RawConnection.Open(7, Talk));
        await upload.SendAsync(7, RawUpload.Prefix(0));
        await upload.ReadToAsync(Http2FrameType.Headers, 7);

        time.Advance(TimeSpan.FromSeconds(11));
        await upload.ReadEndsAsync(1);
        Assert.Equal([(3, null)], upload.Ends);
        Assert.Equal(0, Volatile.Read(ref begun));

        await client.SendAsync(Frame(Http2FrameType.Settings, 0, 0, 0, 4, 0x7F, 0, 0, 0), Frame(Http2FrameType.WindowUpdate, 0, 0, 0x70, 0, 0, 0));
        await upload.ReadEndsAsync(3);
        Assert.Equal([1, 5], upload.Ends.Skip(1).Select(end => end.Stream).Order());
        Assert.Equal(1, begun);
        Assert.InRange(left!.Value, TimeSpan.FromSeconds(48), TimeSpan.FromSeconds(49.5));
    }

    // Who reads nothing is not told either that the time of its calls is over: the refusals would gather without end.
    [Fact]
    public async Task Calls_HeldUpWithDeadlines_WhoseRepliesAreNotRead_AreBounded()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        int stream = 1;

        await client.SendUntilClosedAsync(() =>
        {
            byte[][] calls = [.. Enumerable.Range(0, 100).Select(i => RawConnection.Open(stream + (i * 2), Say, more: ("grpc-timeout", "1m")))];
            stream += 200;
            return calls;
        });
    }

    // Go's client pings with every part of a large reply, to measure its way; the rule of grpc-go is that what is sent on a stream clears the strikes.
    [Fact]
    public async Task Pings_BetweenThePartsOfALargeReply_AreNoFlood()
    {
        byte[] reply = new byte[1024 * 1024];
        await using EchoServer server = await EchoServer.StartAsync(new RpcServerOptions { Time = new ManualTimeProvider() }, table => table.AddUnary(
            "test.Echo", "Large", (_, _, output) =>
            {
                output.Write(reply);
                return default;
            }));
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint, streamWindowBytes: 1000);
        await client.SendAsync(RawConnection.Open(1, "/test.Echo/Large"), RawConnection.Message(1));

        for (int i = 0; i < 20; i++)
        {
            await client.ReadToAsync(Http2FrameType.Data, 1);
            await client.SendAsync(Frame(Http2FrameType.Ping, 0, 0, new byte[8]));
            await client.ReadToAsync(Http2FrameType.Ping);
            await client.SendAsync(Frame(Http2FrameType.WindowUpdate, 0, 1, 0, 0, 3, 0));
        }
    }

    // A call keeps the thread that reads the connection; another one reads on.
    [Fact]
    public async Task Call_ThatBlocksItsThread_KeepsNoOtherWaiting()
    {
        using var release = new ManualResetEventSlim();
        await using EchoServer server = await EchoServer.StartAsync(more: table => table.AddUnary("test.Echo", "Block", (_, _, _) =>
        {
            release.Wait(Cancellation);
            return default;
        }));
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        for (int stream = 1; stream < 101; stream += 2)
        {
            // Enough lone calls that the connection gets a thread of its own.
            await client.SendAsync(RawConnection.Open(stream, Say), RawConnection.Message(stream));
            await client.ReadReplyAsync(stream);
        }

        await client.SendAsync(RawConnection.Open(101, "/test.Echo/Block"), RawConnection.Message(101));
        await client.SendAsync(RawConnection.Open(103, Say), RawConnection.Message(103));
        await client.ReadReplyAsync(103);
        release.Set();

        await client.ReadReplyAsync(101);
    }

    [Fact]
    public async Task Client_ThatIsSilent_IsAskedAndThenLeft()
    {
        var time = new ManualTimeProvider();
        await using EchoServer server = await EchoServer.StartAsync(new RpcServerOptions
        {
            Time = time,
            KeepAliveInterval = TimeSpan.FromSeconds(60),
            KeepAliveTimeout = TimeSpan.FromSeconds(20),
        });
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        await client.SendAsync(RawConnection.Open(1, Talk));
        await client.ReadToAsync(Http2FrameType.Headers, 1);
        bool wasAsked = false;
        Task<(Http2FrameHeader Head, byte[] Payload)?> next = client.ReadAsync();
        while (!next.IsCompleted || await next is not null)
        {
            if (next.IsCompleted)
            {
                wasAsked |= (await next)!.Value.Head is { Type: Http2FrameType.Ping } ping && !ping.Has(Http2FrameFlags.Ack);
                next = client.ReadAsync();
            }

            time.Advance(TimeSpan.FromSeconds(5));
            // The server looks at its clock in a thread of its own: the clock goes on until it has.
            await Task.WhenAny(next, Task.Delay(10, Cancellation));
        }

        Assert.True(wasAsked);
    }

    [Fact]
    public async Task Connection_WithoutCalls_IsEndedPolitely()
    {
        var time = new ManualTimeProvider();
        await using EchoServer server = await EchoServer.StartAsync(new RpcServerOptions { Time = time, IdleConnectionTimeout = TimeSpan.FromMinutes(1) });
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        await client.SendAsync(RawConnection.Open(1, Say), RawConnection.Message(1));
        await client.ReadReplyAsync(1);
        Task<(Http2ErrorCode Code, string Text)> end = client.ReadGoAwayAsync();

        while (!end.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            // The server looks at its clock in a thread of its own: the clock goes on until it has.
            await Task.WhenAny(end, Task.Delay(10, Cancellation));
        }

        Assert.Equal(Http2ErrorCode.NoError, (await end).Code);
    }

    private static byte[] Number(int rest)
    {
        var bytes = new List<byte>();
        for (; rest >= 128; rest >>= 7)
        {
            bytes.Add((byte)(rest | 0x80));
        }

        return [.. bytes, (byte)rest];
    }

    private static byte[] Frame(Http2FrameType type, byte flags, int stream, params byte[] payload) =>
        ScriptedServer.Frame(type, (Http2FrameFlags)flags, stream, payload);
}
