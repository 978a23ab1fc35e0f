using Etcd.Grpc.Server;
using Etcd.Grpc.Server.Http2;
using Etcd.Grpc.Transport.Http2;
using Etcd.Testing;
using Google.Protobuf.WellKnownTypes;

namespace Etcd.Grpc.Tests.Server;

/// <summary>Requests that are answered before they have ended: the reply arrives, and neither the client nor the connection waits for anything.</summary>
/// <remarks>RFC 9113, section 8.1.</remarks>
public sealed class AnsweredRequestTests
{
    private const string Say = "/test.Echo/Say";
    private const string Now = "/test.Echo/Now";
    private const int TooLarge = 3_000_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RpcTransportKind.Lean, false)]
    [InlineData(RpcTransportKind.SocketsHttp, false)]
    [InlineData(RpcTransportKind.Lean, true)]
    public async Task Unary_LargerThanAMessageMayBe_ClientIsToldSo(RpcTransportKind transport, bool isKestrel)
    {
        await using EchoServer server = await EchoServer.StartAsync(isKestrel: isKestrel);
        RpcChannel channel = server.Channel(new RpcChannelOptions { Transport = transport, SendBytesMax = int.MaxValue });
        var large = new StringValue { Value = new string('x', TooLarge) };

        for (int i = 0; i < 5; i++)
        {
            RpcException error = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(EchoServer.Say, large, cancellationToken: Cancellation));

            Assert.Equal(
                (RpcStatusCode.ResourceExhausted, $"grpc: received message larger than max ({TooLarge + 5} vs. 2097152)"), (error.Code, error.Message));
        }
    }

    [Fact]
    public async Task Rest_OfARequest_IsTakenAndDropped()
    {
        await using EchoServer server = await StartAsync();
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        var upload = new RawUpload(client);
        int[] streams = [1, 3, 5, 7, 9];

        foreach (int stream in streams)
        {
            await client.SendAsync(RawConnection.Open(stream, Say));
            await upload.SendAsync(stream, RawUpload.Prefix(TooLarge));
            await upload.SendAsync(stream, new byte[TooLarge], ends: true);
        }

        await upload.ReadEndsAsync(streams.Length);
        Assert.Equal(streams.Select(stream => (stream, (Http2ErrorCode?)null)), upload.Ends);

        // Found with curl 7.88, which sends the rest and then waits for any frame: credit that is kept back for later would leave it without one.
        await upload.ReadWholeWindowAsync();
    }

    // What had come before the answer, and was not looked at, is room for the client too.
    [Fact]
    public async Task Request_FillsItsWindowBeforeTheAnswer_RestIsTakenAndDropped()
    {
        using var answer = new SemaphoreSlim(0);
        await using EchoServer server = await EchoServer.StartAsync(more: table => table.AddStreaming(
            "test.Echo", "Later", RpcMethodKind.ClientStream, (_, _, _) => answer.WaitAsync()));
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        var upload = new RawUpload(client);
        await client.SendAsync(RawConnection.Open(1, "/test.Echo/Later"));
        await upload.SendAsync(1, new byte[ServerLimits.StreamWindowBytes]);
        answer.Release();

        await upload.SendAsync(1, new byte[ServerLimits.StreamWindowBytes], ends: true);

        await upload.ReadEndsAsync(1);
        Assert.Equal([(1, null)], upload.Ends);
    }

    [Fact]
    public async Task Request_ThatGoesOnWithoutEnd_IsResetWithoutErrorBehindItsReply()
    {
        await using EchoServer server = await StartAsync();
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        var upload = new RawUpload(client);
        int[] streams = [1, 3, 5];

        foreach (int stream in streams)
        {
            await client.SendAsync(RawConnection.Open(stream, Now));
            await upload.SendAsync(stream, new byte[2 * ServerLimits.UnendedBytesMax]);

            // What was on its way is no error and keeps nobody's window: a second reset would show among the ends.
            for (int i = 0; i < 100; i++)
            {
                await upload.SendUncheckedAsync(stream, new byte[16_384]);
            }
        }

        await client.SendAsync(RawConnection.Open(7, Say));
        await upload.SendAsync(7, RawUpload.Prefix(0), ends: true);
        await upload.ReadEndsAsync((2 * streams.Length) + 1);
        Assert.Equal(
            [.. streams.SelectMany(stream => new (int, Http2ErrorCode?)[] { (stream, null), (stream, Http2ErrorCode.NoError) }), (7, null)], upload.Ends);
    }

    [Fact]
    public async Task Request_ThatIsNotEndedInTime_IsResetWithoutError()
    {
        var time = new ManualTimeProvider();
        await using EchoServer server = await StartAsync(new RpcServerOptions { Time = time });
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        await client.SendAsync(RawConnection.Open(1, Now));
        await client.ReadReplyAsync(1);
        Task<Http2ErrorCode> reset = client.ReadResetAsync(1);

        while (!reset.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(2));
            // The server looks at its clock in a thread of its own: the clock goes on until it has.
            await Task.WhenAny(reset, Task.Delay(10, Cancellation));
        }

        Assert.Equal(Http2ErrorCode.NoError, await reset);
    }

    // A client may take a stream for closed whose reply it has.
    [Fact]
    public async Task Request_WithoutEnd_KeepsNoNewCallOut()
    {
        await using EchoServer server = await StartAsync(new RpcServerOptions { StreamsPerConnectionMax = 1 });
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        var upload = new RawUpload(client);
        await client.SendAsync(RawConnection.Open(1, Now));
        await upload.ReadEndsAsync(1);

        await client.SendAsync(RawConnection.Open(3, Say), RawConnection.Message(3));

        await upload.ReadEndsAsync(3);
        Assert.Equal([(1, null), (1, Http2ErrorCode.NoError), (3, null)], upload.Ends);
    }

    // The number of streams without an end is no way to more memory than that of a hundred.
    [Fact]
    public async Task Requests_WithoutEnd_OldestAreReset()
    {
        const int Streams = ServerLimits.UnendedMax + 20;
        await using EchoServer server = await StartAsync(new RpcServerOptions { Time = new ManualTimeProvider() });
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        var upload = new RawUpload(client);

        for (int i = 0; i < Streams; i++)
        {
            await client.SendAsync(RawConnection.Open(1 + (2 * i), Now));
            await upload.ReadEndsAsync(i + 1 + Math.Max(0, i + 1 - ServerLimits.UnendedMax));
        }

        Assert.Equal(
            Enumerable.Range(0, Streams - ServerLimits.UnendedMax).Select(i => 1 + (2 * i)),
            upload.Ends.Where(end => end.Reset == Http2ErrorCode.NoError).Select(end => end.Stream));
    }

    // Stopping does not wait for the rest of a request that has its answer.
    [Fact]
    public async Task Request_WithoutEnd_KeepsNoServerFromStopping()
    {
        await using EchoServer server = await StartAsync();
        using RawConnection client = await RawConnection.OpenAsync(server.EndPoint);
        await client.SendAsync(RawConnection.Open(1, Now));
        await client.ReadReplyAsync(1);

        Task stopping = server.Server.StopAsync(Cancellation);

        Assert.Equal(Http2ErrorCode.NoError, (await client.ReadGoAwayAsync()).Code);
        client.Dispose();
        await stopping;
    }

    private static Task<EchoServer> StartAsync(RpcServerOptions? options = null) => EchoServer.StartAsync(
        options, table => table.AddStreaming("test.Echo", "Now", RpcMethodKind.BidiStream, (_, _, _) => Task.CompletedTask));
}
