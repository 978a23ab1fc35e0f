using Google.Protobuf.WellKnownTypes;

namespace Etcd.Grpc.Tests.Server;

/// <summary>Replies that are left to the pool, because other work waits there, are sent even when nobody else writes on the connection.</summary>
public sealed class LeftReplyTests
{
    private const int Replies = 50;
    private static readonly RpcMethod<StringValue, StringValue> Later = new("test.Echo", "Later", StringValue.Parser);
    private static readonly RpcMethod<StringValue, StringValue> Held = new("test.Echo", "Held", StringValue.Parser);

    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Unary_AnotherIsInProgress_EachReplyArrives()
    {
        await using EchoServer server = await StartAsync();
        RpcChannel channel = server.Channel();
        Task<StringValue> held = channel.UnaryAsync(Held, new StringValue { Value = "held" }, cancellationToken: Cancellation);
        using var busy = new BusyPool();

        for (int i = 0; i < Replies; i++)
        {
            StringValue reply = await channel.UnaryAsync(Later, new StringValue { Value = $"{i}" }, cancellationToken: Cancellation);
            Assert.Equal($"{i}", reply.Value);
        }

        _release.SetResult();
        Assert.Equal("held", (await held).Value);
    }

    [Fact]
    public async Task Stream_AnotherIsOpen_EachReplyArrives()
    {
        await using EchoServer server = await StartAsync();
        RpcChannel channel = server.Channel();
        using RpcStreamCall<StringValue, StringValue> silent = await channel.StreamAsync(EchoServer.Talk, null, Cancellation);
        using RpcStreamCall<StringValue, StringValue> talking = await channel.StreamAsync(EchoServer.Talk, null, Cancellation);
        await silent.WriteAsync(new StringValue { Value = "first" }, Cancellation);
        Assert.True(await silent.MoveNextAsync(Cancellation));
        using var busy = new BusyPool();

        for (int i = 0; i < Replies; i++)
        {
            await talking.WriteAsync(new StringValue { Value = $"{i}" }, Cancellation);
            Assert.True(await talking.MoveNextAsync(Cancellation));
            Assert.Equal($"{i}", talking.Current.Value);
        }
    }

    private Task<EchoServer> StartAsync() => EchoServer.StartAsync(more: table =>
    {
        table.AddUnary("test.Echo", "Later", StringValue.Parser, async (_, request) =>
        {
            await Task.Yield();
            return request;
        });
        table.AddUnary("test.Echo", "Held", StringValue.Parser, async (_, request) =>
        {
            await _release.Task;
            return request;
        });
    });

    /// <summary>Sees to it that work waits in the pool's queue, until it is disposed.</summary>
    private sealed class BusyPool : IThreadPoolWorkItem, IDisposable
    {
        private volatile bool _isOver;

        public BusyPool()
        {
            for (int i = 0; i < 4 * Environment.ProcessorCount; i++)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }
        }

        public void Execute()
        {
            if (!_isOver)
            {
                Thread.SpinWait(1000);
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            }
        }

        public void Dispose() => _isOver = true;
    }
}
