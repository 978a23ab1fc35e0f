using Etcd.Grpc.Server;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Etcd.Grpc.Tests.Server;

/// <summary>Replies that hold something which others wait for until the client has them.</summary>
public abstract class HeldReplyTests(bool isKestrel) : IDisposable
{
    private static readonly RpcMethod<StringValue, StringValue> Large = new("test.Echo", "Large", StringValue.Parser);

    // More than the windows of the client and all buffers on the way take.
    private const int LargeBytes = 64 * 1024 * 1024;

    private readonly Held _held = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _held.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Reply_ThatIsTaken_GivesBackWhatItHeld()
    {
        await using EchoServer server = await StartAsync(1024 * 1024, new RpcServerOptions());

        StringValue reply = await server.Channel().UnaryAsync(Large, new StringValue(), cancellationToken: Cancellation);

        Assert.Equal(1024 * 1024, reply.Value.Length);
        await _held.Given.Task.WaitAsync(Cancellation);
    }

    [Fact]
    public async Task Reply_ThatIsNotTaken_IsResetWhenItsTimeIsOver()
    {
        await using EchoServer server = await StartAsync(
            LargeBytes, new RpcServerOptions { HeldReplyTimeout = TimeSpan.FromMilliseconds(200), HeldReplyBytesPerSecondMin = int.MaxValue });
        using RpcStreamCall<StringValue, StringValue> silent = await server.Channel().ServerStreamAsync(
            Large, new StringValue(), cancellationToken: Cancellation);

        await _held.Given.Task.WaitAsync(Cancellation);

        await Assert.ThrowsAsync<RpcException>(() => silent.MoveNextAsync(Cancellation).AsTask());
        await server.Channel().UnaryAsync(EchoServer.Say, new StringValue(), cancellationToken: Cancellation);
    }

    [Fact]
    public async Task Reply_DeadlinePassesBeforeItIsTaken_IsReset()
    {
        await using EchoServer server = await StartAsync(LargeBytes, new RpcServerOptions());
        using RpcStreamCall<StringValue, StringValue> silent = await server.Channel().ServerStreamAsync(
            Large, new StringValue(), new RpcCallOptions { Timeout = TimeSpan.FromSeconds(1) }, Cancellation);

        await _held.Given.Task.WaitAsync(Cancellation);

        await Assert.ThrowsAsync<RpcException>(() => silent.MoveNextAsync(Cancellation).AsTask());
    }

    [Fact]
    public async Task Call_ThatFails_GivesBackWhatItHeld()
    {
        await using EchoServer server = await EchoServer.StartAsync(more: table => table.AddUnary("test.Echo", "Large", (call, _, _) =>
        {
            call.HeldUntilSent = _held;
            throw new RpcException(RpcStatusCode.NotFound, "nothing");
        }), isKestrel: isKestrel);

        await Assert.ThrowsAsync<RpcException>(() => server.Channel().UnaryAsync(Large, new StringValue(), cancellationToken: Cancellation));

        await _held.Given.Task.WaitAsync(Cancellation);
    }

    private Task<EchoServer> StartAsync(int bytes, RpcServerOptions options) => EchoServer.StartAsync(
        options,
        table => table.AddUnary("test.Echo", "Large", (call, _, reply) =>
        {
            call.HeldUntilSent = _held;
            new StringValue { Value = new string('x', bytes) }.WriteTo(reply);
            return default;
        }),
        isKestrel: isKestrel);

    private sealed class Held : IDisposable
    {
        public TaskCompletionSource Given { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Dispose() => Given.TrySetResult();
    }
}

public sealed class OwnHttp2HeldReplyTests() : HeldReplyTests(isKestrel: false);

public sealed class KestrelHeldReplyTests() : HeldReplyTests(isKestrel: true);
