using System.Buffers.Binary;
using Etcd.Grpc.Server;
using Etcd.Grpc.Server.Http2;
using Etcd.Grpc.Tests.Client;
using Etcd.Grpc.Transport.Http2;
using Etcd.Testing;
using Google.Protobuf.WellKnownTypes;

namespace Etcd.Grpc.Tests.Server;

/// <summary>Large requests that grow together, stop before their end, or wait: what they hold is bounded for the whole server, and ordinary ones end.</summary>
public sealed class HeldRequestTests
{
    private const string Say = "/test.Echo/Say";
    private const string Take = "/test.Echo/Take";
    private const int FrameBytes = 16_384;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // The requests grow together, and none can end before all have grown beyond what the server likes to hold.
    [Fact]
    public async Task Requests_ThatGrowTogether_AllEnd()
    {
        const int Calls = 100;
        const int Frames = 60;
        await using EchoServer server = await EchoServer.StartAsync(more: table => table.AddUnary("test.Echo", "Take", (_, _, _) => default));
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        int length = (Frames * FrameBytes) - 5;
        byte[] first = new byte[FrameBytes];
        BinaryPrimitives.WriteInt32BigEndian(first.AsSpan(1), length);
        int[] streams = [.. Enumerable.Range(0, Calls).Select(i => 1 + (i * 2))];
        var room = streams.ToDictionary(stream => stream, _ => ServerLimits.StreamWindowBytes);
        room[0] = Http2Settings.DefaultWindowBytes;
        int ended = 0;
        long mostHeld = 0;
        await client.SendAsync([.. streams.Select(stream => RawConnection.Open(stream, "/test.Echo/Take"))]);

        for (int frame = 0; frame < Frames; frame++)
        {
            foreach (int stream in streams)
            {
                while (room[0] < FrameBytes || room[stream] < FrameBytes)
                {
                    await TakeFrameAsync();
                }

                room[0] -= FrameBytes;
                room[stream] -= FrameBytes;
                await client.SendAsync(Frame(
                    Http2FrameType.Data, (byte)(frame == Frames - 1 ? 1 : 0), stream, frame == 0 ? first : new byte[FrameBytes]));
                mostHeld = Math.Max(mostHeld, server.Server.RequestBytesHeld);
            }
        }

        while (ended < Calls)
        {
            await TakeFrameAsync();
        }

        Assert.InRange(mostHeld, Calls * (Frames / 2) * FrameBytes, new RpcServerOptions().RequestBytesHeldMax);
        await HoldsAsync(server, bytes => bytes == 0);

        async Task TakeFrameAsync()
        {
            (Http2FrameHeader head, byte[] payload) = (await client.ReadAsync())!.Value;
            room[head.StreamId] += head.Type == Http2FrameType.WindowUpdate ? BinaryPrimitives.ReadInt32BigEndian(payload) : 0;
            ended += head.Type == Http2FrameType.Headers && head.Has(Http2FrameFlags.EndStream) ? 1 : 0;
        }
    }

    // --max-request-bytes may let in messages of which one alone would be more than the usual bound.
    [Theory]
    [InlineData(2 * 1024 * 1024, 256L * 1024 * 1024)]
    [InlineData(512 * 1024 * 1024, 8L * 1024 * 1024 * 1024)]
    public void RequestBytesHeldMax_NotGiven_HasRoomForSeveralOfTheLargestMessages(int receiveBytesMax, long expected)
    {
        Assert.Equal(expected, new RpcServerOptions { ReceiveBytesMax = receiveBytesMax }.RequestBytesHeldMax);
    }

    // None of the requests is ended. Without a bound of the server's own each may hold what a message may have, on any number of streams.
    [Fact]
    public async Task Requests_ThatGrowTogetherBeyondTheBound_AreGivenUpAndOthersEnd()
    {
        const long HeldMax = 8 * 1024 * 1024;
        const int Connections = 3;
        const int Streams = 20;
        const int Frames = 60;
        await using EchoServer server = await StartTakingAsync(HeldMax);
        var clients = new List<RawConnection>();
        var uploads = new List<RawUpload>();
        for (int i = 0; i < Connections; i++)
        {
            RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
            clients.Add(client);
            uploads.Add(new RawUpload(client));
            await client.SendAsync([.. StreamIds(Streams).Select(stream => RawConnection.Open(stream, Take))]);
        }

        long mostHeld = 0;
        for (int frame = 0; frame < Frames; frame++)
        {
            foreach (RawUpload upload in uploads)
            {
                foreach (int stream in StreamIds(Streams).Where(stream => upload.Ends.All(end => end.Stream != stream)))
                {
                    await upload.SendAsync(stream, frame == 0 ? Begin(Frames * FrameBytes) : new byte[FrameBytes]);
                    mostHeld = Math.Max(mostHeld, server.Server.RequestBytesHeld);
                }
            }
        }

        // Beyond the bound there may be what the readers of the other connections take in while room is made.
        Assert.InRange(mostHeld, HeldMax / 2, HeldMax + (Connections * ServerLimits.ConnectionWindowBytes));
        using RawConnection late = await RawConnection.OpenAsync(server.EndPoint);
        var lateUpload = new RawUpload(late);
        await late.SendAsync(RawConnection.Open(1, Take));
        await lateUpload.SendAsync(1, [.. RawUpload.Prefix(1_000_000), .. new byte[1_000_000]], ends: true);
        await lateUpload.ReadEndsAsync(1);
        Assert.Equal([(1, null)], lateUpload.Ends);

        foreach ((RawConnection client, RawUpload upload) in clients.Zip(uploads))
        {
            await client.SendAsync(Frame(Http2FrameType.Ping, 0, 0, new byte[8]));
            await upload.ReadToAsync(Http2FrameType.Ping, 0);
        }

        (int, Http2ErrorCode? Reset)[] ends = [.. uploads.SelectMany(upload => upload.Ends)];
        Assert.All(ends, end => Assert.Equal(Http2ErrorCode.EnhanceYourCalm, end.Reset));
        Assert.InRange(ends.Length, ((Connections * Streams * Frames * FrameBytes) - (int)HeldMax) / (Frames * FrameBytes), Connections * Streams);
        clients.ForEach(client => client.Dispose());
        await HoldsAsync(server, bytes => bytes == 0);
    }

    // Who stalls is given up before those whose requests get on, wherever they are.
    [Fact]
    public async Task Requests_ThatStall_AreGivenUpBeforeThoseThatGoOn()
    {
        const int RequestBytes = 1_200_000;
        var time = new ManualTimeProvider();
        await using EchoServer server = await StartTakingAsync(heldMax: 4 * 1024 * 1024, time);
        using RawConnection stalled = await RawConnection.OpenAsync(server.EndPoint);
        var stalledUpload = new RawUpload(stalled);
        foreach (int stream in StreamIds(3))
        {
            await stalled.SendAsync(RawConnection.Open(stream, Take));
            await stalledUpload.SendAsync(stream, [.. RawUpload.Prefix(RequestBytes), .. new byte[1_000_000]]);
        }

        await HoldsAsync(server, bytes => bytes >= 3_000_000);
        time.Advance(TimeSpan.FromSeconds(2));
        using RawConnection busy = await RawConnection.OpenAsync(server.EndPoint);
        var busyUpload = new RawUpload(busy);
        await busy.SendAsync(RawConnection.Open(1, Take), RawConnection.Open(3, Take));
        await busyUpload.SendAsync(1, [.. RawUpload.Prefix(RequestBytes), .. new byte[RequestBytes - 1]]);
        await busyUpload.SendAsync(3, [.. RawUpload.Prefix(RequestBytes), .. new byte[RequestBytes - 1]]);
        await busyUpload.SendAsync(1, [0], ends: true);
        await busyUpload.SendAsync(3, [0], ends: true);

        await busyUpload.ReadEndsAsync(2);
        await stalledUpload.ReadEndsAsync(1);
        Assert.All(busyUpload.Ends, end => Assert.Null(end.Reset));
        Assert.All(stalledUpload.Ends, end => Assert.Equal(Http2ErrorCode.EnhanceYourCalm, end.Reset));
    }

    // What a handler works on would be carried out although its client is told otherwise. While such requests alone are too much, the connection that
    // sends them gets no further call, and others do.
    [Fact]
    public async Task Requests_ThatAreWorkedOn_AreNotGivenUp()
    {
        const int RequestBytes = 1_390_000;
        const int SmallBytes = 16_000;
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using EchoServer server = await EchoServer.StartAsync(
            new RpcServerOptions { RequestBytesHeldMax = 4 * 1024 * 1024 },
            table => table.AddUnary("test.Echo", "Wait", async (call, _, _) => await release.Task.WaitAsync(call.CancellationToken)));
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        var upload = new RawUpload(client);
        foreach (int stream in StreamIds(3))
        {
            await client.SendAsync(RawConnection.Open(stream, "/test.Echo/Wait"));
            await upload.SendAsync(stream, [.. RawUpload.Prefix(RequestBytes), .. new byte[RequestBytes]], ends: true);
        }

        // Together they stay below the bound, which only requests of one frame then pass: those are whole as they come.
        foreach (int stream in StreamIds(6).Skip(3))
        {
            await client.SendAsync(RawConnection.Open(stream, "/test.Echo/Wait"));
            await upload.SendAsync(stream, [.. RawUpload.Prefix(SmallBytes), .. new byte[SmallBytes]], ends: true);
        }

        await HoldsAsync(server, bytes => bytes > 4 * 1024 * 1024);
        await client.SendAsync(RawConnection.Open(13, Say));
        await upload.ReadEndsAsync(1);
        Assert.Equal([(13, Http2ErrorCode.RefusedStream)], upload.Ends);
        using RawConnection other = await RawConnection.OpenAsync(server.EndPoint);
        await other.SendAsync(RawConnection.Open(1, Say), RawConnection.Message(1));
        await other.ReadReplyAsync(1);

        release.SetResult();
        await upload.ReadEndsAsync(7);
        Assert.Equal(StreamIds(6).Select(stream => (stream, (Http2ErrorCode?)null)), upload.Ends.Skip(1).OrderBy(end => end.Stream));
        await HoldsAsync(server, bytes => bytes == 0);
        await client.SendAsync(RawConnection.Open(15, Say), RawConnection.Message(15));
        await client.ReadReplyAsync(15);
    }

    // As under TLS: there a call ends with a status, and Kestrel resets its stream behind it.
    [Fact]
    public async Task Requests_OnKestrelsConnectionsBeyondTheBound_OldestEndAndOthersAreServed()
    {
        const long HeldMax = 8 * 1024 * 1024;
        const int Streams = 20;
        const int Frames = 60;
        await using EchoServer server = await StartTakingAsync(HeldMax, isKestrel: true);
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        var upload = new RawUpload(client);
        await client.SendAsync([.. StreamIds(Streams).Select(stream => RawConnection.Open(stream, Take))]);
        await upload.SendAsync(1, [.. RawUpload.Prefix(1_000_000), .. new byte[500_000]]);
        await HoldsAsync(server, bytes => bytes > 500_000);

        long mostHeld = 0;
        for (int frame = 0; frame < Frames; frame++)
        {
            foreach (int stream in StreamIds(Streams).Skip(1).Where(stream => upload.Ends.All(end => end.Stream != stream)))
            {
                await upload.SendAsync(stream, frame == 0 ? Begin(Frames * FrameBytes) : new byte[FrameBytes]);
                mostHeld = Math.Max(mostHeld, server.Server.RequestBytesHeld);
            }
        }

        // What a call has just been given counts before the oldest call is ended for it.
        Assert.InRange(mostHeld, HeldMax / 2, HeldMax + (Streams * FrameBytes));
        var large = new StringValue { Value = new string('x', 1_000_000) };
        Assert.Equal(large, await server.Channel().UnaryAsync(EchoServer.Say, large, cancellationToken: Cancellation));
        Assert.InRange(upload.Ends.Select(end => end.Stream).Distinct().Count(), 1, Streams - 1);
        Assert.Contains(1, upload.Ends.Select(end => end.Stream));
        client.Dispose();
        await HoldsAsync(server, bytes => bytes == 0);
    }

    private static Task<EchoServer> StartTakingAsync(long heldMax, TimeProvider? time = null, bool isKestrel = false) => EchoServer.StartAsync(
        new RpcServerOptions { RequestBytesHeldMax = heldMax, ClientPingIntervalMin = TimeSpan.Zero, Time = time ?? TimeProvider.System },
        table => table.AddUnary("test.Echo", "Take", (_, _, _) => default),
        isKestrel: isKestrel);

    private static IEnumerable<int> StreamIds(int count) => Enumerable.Range(0, count).Select(i => 1 + (i * 2));

    /// <summary>The first frame of a request whose message is so long that the frames are full.</summary>
    private static byte[] Begin(int requestBytes)
    {
        byte[] frame = new byte[FrameBytes];
        RawUpload.Prefix(requestBytes).CopyTo(frame, 0);
        return frame;
    }

    private static async Task HoldsAsync(EchoServer server, Func<long, bool> isSo)
    {
        while (!isSo(server.Server.RequestBytesHeld))
        {
            // There is no event to await: looked at until it is so.
            await Task.Delay(10, Cancellation);
        }
    }

    private static byte[] Frame(Http2FrameType type, byte flags, int stream, params byte[] payload) =>
        ScriptedServer.Frame(type, (Http2FrameFlags)flags, stream, payload);
}
