using Google.Protobuf.WellKnownTypes;

namespace Etcd.Grpc.Tests;

/// <summary>The four shapes of calls, over each HTTP/2 client.</summary>
public abstract class CallShapeTests(RpcTransportKind transport)
{
    private RpcChannelOptions Options => new() { Transport = transport };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4_000)]
    [InlineData(1_000_000)]
    public async Task Unary_AnySizeOfMessage_ComesBack(int length)
    {
        await using EchoServer server = await EchoServer.StartAsync();
        string text = new('x', length);

        StringValue reply = await server.Channel(Options).UnaryAsync(
            EchoServer.Say, new StringValue { Value = text }, cancellationToken: Cancellation);

        Assert.Equal(text, reply.Value);
    }

    [Fact]
    public async Task Unary_HandlerThrowsRpcException_ClientGetsCodeAndText()
    {
        await using EchoServer server = await EchoServer.StartAsync();
        RpcChannel channel = server.Channel(Options);

        RpcException error = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            EchoServer.Fail, new StringValue { Value = "100 % möglich\n" }, cancellationToken: Cancellation));

        Assert.Equal((RpcStatusCode.FailedPrecondition, "100 % möglich\n"), (error.Code, error.Message));
    }

    [Fact]
    public async Task ServerStream_ManyReplies_ArriveInOrder()
    {
        await using EchoServer server = await EchoServer.StartAsync();

        using RpcStreamCall<Int32Value, Int32Value> call = await server.Channel(Options).ServerStreamAsync(
            EchoServer.Count, new Int32Value { Value = 1000 }, cancellationToken: Cancellation);
        var seen = new List<int>();
        while (await call.MoveNextAsync(Cancellation))
        {
            seen.Add(call.Current.Value);
        }

        Assert.Equal(Enumerable.Range(1, 1000), seen);
    }

    [Fact]
    public async Task ClientStream_ManyRequests_AreSummed()
    {
        await using EchoServer server = await EchoServer.StartAsync();

        using RpcStreamCall<Int32Value, Int32Value> call = await server.Channel(Options).StreamAsync(
            EchoServer.Sum, cancellationToken: Cancellation);
        for (int i = 1; i <= 100; i++)
        {
            await call.WriteAsync(new Int32Value { Value = i }, Cancellation);
        }

        await call.CompleteAsync(Cancellation);
        Assert.True(await call.MoveNextAsync(Cancellation));
        Assert.Equal(5050, call.Current.Value);
        Assert.False(await call.MoveNextAsync(Cancellation));
    }

    [Fact]
    public async Task Bidi_PingPong_EachRequestIsAnsweredBeforeTheNext()
    {
        await using EchoServer server = await EchoServer.StartAsync();

        using RpcStreamCall<StringValue, StringValue> call = await server.Channel(Options).StreamAsync(
            EchoServer.Talk, cancellationToken: Cancellation);
        await call.ReadHeadersAsync(Cancellation);
        for (int i = 0; i < 50; i++)
        {
            await call.WriteAsync(new StringValue { Value = $"{i}" }, Cancellation);
            Assert.True(await call.MoveNextAsync(Cancellation));
            Assert.Equal($"{i}", call.Current.Value);
        }

        await call.CompleteAsync(Cancellation);
        Assert.False(await call.MoveNextAsync(Cancellation));
    }

    [Theory]
    [InlineData("test.None", "Say", "unknown service test.None")]
    [InlineData("test.Echo", "None", "unknown method None for service test.Echo")]
    public async Task Unary_UnknownMethod_IsUnimplementedInTheWordsOfGrpcGo(string service, string name, string text)
    {
        await using EchoServer server = await EchoServer.StartAsync();
        RpcChannel channel = server.Channel(Options);
        var method = new RpcMethod<StringValue, StringValue>(service, name, StringValue.Parser);

        RpcException error = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            method, new StringValue(), cancellationToken: Cancellation));

        Assert.Equal((RpcStatusCode.Unimplemented, text), (error.Code, error.Message));
    }
}

public sealed class LeanCallShapeTests() : CallShapeTests(RpcTransportKind.Lean);

public sealed class SocketsHttpCallShapeTests() : CallShapeTests(RpcTransportKind.SocketsHttp);
