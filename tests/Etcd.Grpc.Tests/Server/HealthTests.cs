using Etcd.Grpc.Server.Health;
using Google.Protobuf.WellKnownTypes;

namespace Etcd.Grpc.Tests.Server;

/// <summary>grpc.health.v1.Health. Its messages have the wire form of the wrappers used here.</summary>
public sealed class HealthTests
{
    private static readonly RpcMethod<StringValue, Int32Value> Check = new("grpc.health.v1.Health", "Check", Int32Value.Parser);
    private static readonly RpcMethod<StringValue, Int32Value> Watch = new("grpc.health.v1.Health", "Watch", Int32Value.Parser);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Check_WholeServer_IsServingUntilSetOtherwise()
    {
        var health = new RpcHealth();
        await using EchoServer server = await EchoServer.StartAsync(more: health.AddTo);
        RpcChannel channel = server.Channel();

        Assert.Equal(1, (await channel.UnaryAsync(Check, new StringValue(), cancellationToken: Cancellation)).Value);
        health.Set(string.Empty, RpcServingStatus.NotServing);
        Assert.Equal(2, (await channel.UnaryAsync(Check, new StringValue(), cancellationToken: Cancellation)).Value);
    }

    [Fact]
    public async Task Check_UnknownService_IsNotFound()
    {
        await using EchoServer server = await EchoServer.StartAsync(more: new RpcHealth().AddTo);
        RpcChannel channel = server.Channel();

        RpcException error = await Assert.ThrowsAsync<RpcException>(() => channel.UnaryAsync(
            Check, new StringValue { Value = "x" }, cancellationToken: Cancellation));

        Assert.Equal((RpcStatusCode.NotFound, "unknown service"), (error.Code, error.Message));
    }

    [Fact]
    public async Task Watch_StatusChanges_EachIsTold()
    {
        var health = new RpcHealth();
        await using EchoServer server = await EchoServer.StartAsync(more: health.AddTo);
        using RpcStreamCall<StringValue, Int32Value> watch = await server.Channel().ServerStreamAsync(
            Watch, new StringValue { Value = "late" }, cancellationToken: Cancellation);

        Assert.True(await watch.MoveNextAsync(Cancellation));
        Assert.Equal((int)RpcServingStatus.ServiceUnknown, watch.Current.Value);
        health.Set("late", RpcServingStatus.Serving);
        Assert.True(await watch.MoveNextAsync(Cancellation));
        Assert.Equal((int)RpcServingStatus.Serving, watch.Current.Value);
    }
}
