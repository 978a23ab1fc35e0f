using Etcd.Grpc.Transport;
using Etcd.Grpc.Transport.Http2;

namespace Etcd.Grpc.Tests.Client;

/// <summary>What a caller sees when its time is over and the server was the first to say so: grpc-go resets such a stream with CANCEL.</summary>
public sealed class ClientDeadlineTests
{
    [Fact]
    public void Reset_TimeIsOver_IsTheDeadline()
    {
        using var call = new RpcClientCall(
            new RpcCallOptions { Timeout = TimeSpan.Zero }, new RpcChannelOptions(), isBlocking: true, TestContext.Current.CancellationToken);

        var error = Assert.IsType<RpcException>(call.Translate(TransportErrors.Reset((long)Http2ErrorCode.Cancel)));

        Assert.Equal((RpcStatusCode.DeadlineExceeded, "context deadline exceeded"), (error.Code, error.Message));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(3600)]
    public void Reset_TimeIsLeft_StaysAReset(int? seconds)
    {
        var options = new RpcCallOptions { Timeout = seconds is { } left ? TimeSpan.FromSeconds(left) : null };
        using var call = new RpcClientCall(options, new RpcChannelOptions(), isBlocking: true, TestContext.Current.CancellationToken);

        var error = Assert.IsType<RpcException>(call.Translate(TransportErrors.Reset((long)Http2ErrorCode.Cancel)));

        Assert.Equal((RpcStatusCode.Canceled, "stream terminated by RST_STREAM with error code: CANCEL"), (error.Code, error.Message));
    }
}
