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

    private const int PieceBytes = 1024 * 1024;

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
    public async Task StreamPiece_ThatIsNotTaken_IsResetWhenItsTimeIsOver()
    {
        var options = new RpcServerOptions { HeldReplyTimeout = TimeSpan.FromMilliseconds(200), HeldReplyBytesPerSecondMin = int.MaxValue };
        await using EchoServer server = await EchoServer.StartAsync(options, AddPieces, isKestrel: isKestrel);
        using RpcStreamCall<StringValue, StringValue> silent = await server.Channel().ServerStreamAsync(
            Large, new StringValue(), cancellationToken: Cancellation);

        await _held.Given.Task.WaitAsync(Cancellation);

        await Assert.ThrowsAsync<RpcException>(async () =>
        {
            while (await silent.MoveNextAsync(Cancellation))
            {
                // What had arrived before the reset is read first.
            }
        });
        await server.Channel().UnaryAsync(EchoServer.Say, new StringValue(), cancellationToken: Cancellation);
    }

    [Fact]
    public async Task Stream_WhosePiecesAreTaken_MayLastLongerThanOne()
    {
        await using EchoServer server = await EchoServer.StartAsync(
            new RpcServerOptions { HeldReplyTimeout = TimeSpan.FromSeconds(20) }, AddPieces, isKestrel: isKestrel);
        using RpcStreamCall<StringValue, StringValue> reader = await server.Channel().ServerStreamAsync(
            Large, new StringValue(), cancellationToken: Cancellation);

        long bytes = 0;
        while (await reader.MoveNextAsync(Cancellation))
        {
            bytes += reader.Current.Value.Length;
        }

        Assert.Equal(LargeBytes, bytes);
        await _held.Given.Task.WaitAsync(Cancellation);
    }

    // On Kestrel a call ends with its request, which this client never ends.
    [Fact]
    public async Task Reply_RequestIsNeverEnded_GivesBackWhatItHeldOnceItIsTaken()
    {
        await using EchoServer server = await EchoServer.StartAsync(more: table => AddLarge(table, bytes: 1024), isKestrel: isKestrel);
        using RpcStreamCall<StringValue, StringValue> open = await server.Channel().StreamAsync(Large, cancellationToken: Cancellation);

        await open.WriteAsync(new StringValue(), Cancellation);
        Assert.True(await open.MoveNextAsync(Cancellation));

        await _held.Given.Task.WaitAsync(Cancellation);
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

    private Task<EchoServer> StartAsync(int bytes, RpcServerOptions options) => EchoServer.StartAsync(options, table => AddLarge(table, bytes), isKestrel: isKestrel);

    private void AddLarge(RpcServiceTable table, int bytes) => table.AddUnary("test.Echo", "Large", (call, _, reply) =>
    {
        call.HeldUntilSent = _held;
        new StringValue { Value = new string('x', bytes) }.WriteTo(reply);
        return default;
    });

    private void AddPieces(RpcServiceTable table) => table.AddServerStream(
        "test.Echo", "Large", StringValue.Parser, async (call, _, replies) =>
        {
            call.HeldUntilSent = _held;
            var piece = new StringValue { Value = new string('x', PieceBytes) };
            for (int sent = 0; sent < LargeBytes; sent += PieceBytes)
            {
                piece.WriteTo(replies.Begin());
                await replies.SendAsync(call.CancellationToken);
            }
        });

    private sealed class Held : IDisposable
    {
        public TaskCompletionSource Given { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Dispose() => Given.TrySetResult();
    }
}

public sealed class OwnHttp2HeldReplyTests() : HeldReplyTests(isKestrel: false);

public sealed class KestrelHeldReplyTests() : HeldReplyTests(isKestrel: true);
