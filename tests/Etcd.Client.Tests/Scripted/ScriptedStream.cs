using System.Threading.Channels;
using Etcd.Client.Calls;

namespace Etcd.Client.Tests.Scripted;

/// <summary>A stream whose replies the test pushes and whose requests it reads.</summary>
internal sealed class ScriptedStream<TRequest, TReply> : IEndpointStream<TRequest, TReply>
{
    private readonly Channel<object> _replies = Channel.CreateUnbounded<object>();
    private readonly Channel<TRequest> _requests = Channel.CreateUnbounded<TRequest>();

    /// <summary>The client has ended the stream.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>The server sends a reply, or with an exception breaks the stream.</summary>
    public void Push(object reply) => _replies.Writer.TryWrite(reply);

    /// <summary>Waits for the client's next request.</summary>
    public async Task<TRequest> NextRequestAsync() =>
        await _requests.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public ValueTask WriteAsync(TRequest request, CancellationToken cancellationToken)
    {
        _requests.Writer.TryWrite(request);
        return ValueTask.CompletedTask;
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public async ValueTask<TReply?> ReadAsync(CancellationToken cancellationToken)
    {
        object reply = await _replies.Reader.ReadAsync(cancellationToken);
        return reply is Exception failure ? throw failure : (TReply)reply;
    }

    public void Dispose() => IsDisposed = true;
}
