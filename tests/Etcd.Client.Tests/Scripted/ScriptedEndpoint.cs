using System.Threading.Channels;
using Etcd.Client.Calls;
using Etcd.Grpc;
using Google.Protobuf;

namespace Etcd.Client.Tests.Scripted;

/// <summary>One endpoint: each call takes the next answer of the script, an exception or a reply.</summary>
internal sealed class ScriptedEndpoint : IEndpointChannel
{
    private readonly Queue<object> _answers = new();
    private readonly Channel<object> _streams = Channel.CreateUnbounded<object>();
    private readonly Channel<string> _openings = Channel.CreateUnbounded<string>();

    /// <summary>Requests of unary calls, in order.</summary>
    public List<IMessage> Requests { get; } = [];

    /// <summary>Options of all calls, in order.</summary>
    public List<RpcCallOptions> Options { get; } = [];

    /// <summary>Adds an answer to a unary call: a message, or an exception to throw.</summary>
    public ScriptedEndpoint Answers(object answer)
    {
        _answers.Enqueue(answer);
        return this;
    }

    /// <summary>Adds a stream that the next streaming call gets.</summary>
    public ScriptedStream<TRequest, TReply> Stream<TRequest, TReply>()
    {
        ScriptedStream<TRequest, TReply> stream = new();
        _streams.Writer.TryWrite(stream);
        return stream;
    }

    /// <summary>Adds a failure that the next streaming call gets.</summary>
    public ScriptedEndpoint RefusesStream(RpcException error)
    {
        _streams.Writer.TryWrite(error);
        return this;
    }

    /// <summary>Waits until the client has begun to open its next stream here.</summary>
    public Task NextOpeningAsync() =>
        _openings.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public Task<TReply> UnaryAsync<TRequest, TReply>(
        RpcMethod<TRequest, TReply> method, TRequest request, RpcCallOptions options, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        cancellationToken.ThrowIfCancellationRequested();
        Requests.Add(request);
        Options.Add(options);
        object answer = _answers.Dequeue();
        return answer is Exception failure ? Task.FromException<TReply>(failure) : Task.FromResult((TReply)answer);
    }

    public async Task<IEndpointStream<TRequest, TReply>> StreamAsync<TRequest, TReply>(
        RpcMethod<TRequest, TReply> method, RpcCallOptions options, CancellationToken cancellationToken)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        Options.Add(options);
        _openings.Writer.TryWrite(method.Path);
        object next = await _streams.Reader.ReadAsync(cancellationToken);
        return next is RpcException error ? throw error : (IEndpointStream<TRequest, TReply>)next;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
