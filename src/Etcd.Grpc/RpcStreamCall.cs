using Etcd.Grpc.Transport;
using Google.Protobuf;

namespace Etcd.Grpc;

/// <summary>A streaming call in progress. One writer and one reader at a time, independent of each other. Dispose it to end it: a call
/// that is not over is cancelled at the server.</summary>
/// <typeparam name="TRequest">Request message.</typeparam>
/// <typeparam name="TReply">Reply message.</typeparam>
public sealed class RpcStreamCall<TRequest, TReply> : IDisposable
    where TRequest : IMessage<TRequest>
    where TReply : IMessage<TReply>
{
    private readonly RpcMethod<TRequest, TReply> _method;
    private readonly RpcTransportStream _stream;
    private readonly RpcClientCall _call;
    private readonly RpcReplyReader _replies;
    private readonly CancellationTokenRegistration _cancellation;
    private TReply? _current;

    internal RpcStreamCall(RpcMethod<TRequest, TReply> method, RpcTransportStream stream, RpcClientCall call)
    {
        _method = method;
        _stream = stream;
        _call = call;
        _replies = new RpcReplyReader(stream, call.ReceiveBytesMax);

        // A cancelled call ends at the server too, even when nobody is reading or writing at the moment.
        _cancellation = call.Token.UnsafeRegister(static state => ((RpcTransportStream)state!).Cancel(), stream);
    }

    /// <summary>The reply that <see cref="MoveNextAsync"/> read.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public TReply Current => _current ?? throw new InvalidOperationException("no reply has been read");

    /// <summary>Metadata with the status, once the call has ended well; <see langword="null"/> before, and when there is none.</summary>
    public RpcMetadata? Trailers => _replies.Final?.Metadata;

    /// <summary>Waits for the response headers.</summary>
    /// <returns>Their metadata; <see langword="null"/> when there is none.</returns>
    /// <exception cref="RpcException">The call has failed.</exception>
    public async Task<RpcMetadata?> ReadHeadersAsync(CancellationToken cancellationToken = default)
    {
        using var wait = new CallWait(_call.Token, cancellationToken);
        try
        {
            return (await _replies.ReadHeadAsync(wait.Token).ConfigureAwait(false)).Metadata;
        }
        catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException or RpcException)
        {
            throw Explain(failure, cancellationToken);
        }
    }

    /// <summary>Sends one request. Waits while the server takes no more.</summary>
    /// <exception cref="RpcException">The call has failed; <see cref="MoveNextAsync"/> tells the server's status.</exception>
    /// <exception cref="OperationCanceledException">The call or the wait was cancelled.</exception>
    public async ValueTask WriteAsync(TRequest request, CancellationToken cancellationToken = default)
    {
        ReadOnlyMemory<byte> frame = RequestFrame.Encode(request, _call.Gzip, _call.SendBytesMax);
        using var wait = new CallWait(_call.Token, cancellationToken);
        try
        {
            await _stream.WriteAsync(frame, wait.Token).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException or RpcException)
        {
            throw Explain(failure, cancellationToken);
        }
    }

    /// <summary>Tells the server that no more requests follow.</summary>
    public ValueTask CompleteAsync(CancellationToken cancellationToken = default) => _stream.CompleteAsync(cancellationToken);

    /// <summary>Waits for the next reply.</summary>
    /// <returns><see langword="false"/> when the call has ended with status OK.</returns>
    /// <exception cref="RpcException">The call ended with another status, or the transport failed (Unavailable).</exception>
    /// <exception cref="OperationCanceledException">The call or the wait was cancelled.</exception>
    public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken = default)
    {
        using var wait = new CallWait(_call.Token, cancellationToken);
        try
        {
            ReadOnlyMemory<byte>? message = await _replies.ReadMessageAsync(wait.Token).ConfigureAwait(false);
            if (message is null)
            {
                return false;
            }

            _current = _method.ReplyParser.ParseFrom(message.Value.Span);
            return true;
        }
        catch (Exception failure) when (
            failure is OperationCanceledException or ObjectDisposedException or InvalidProtocolBufferException or RpcException)
        {
            throw Explain(failure, cancellationToken);
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _cancellation.Dispose();
        _stream.Dispose();
        _call.Dispose();
    }

    private Exception Explain(Exception failure, CancellationToken wait)
    {
        if (wait.IsCancellationRequested && failure is OperationCanceledException)
        {
            return new OperationCanceledException(wait);
        }

        // Cancellation disposes the stream, and what was waiting on it then fails in some way of its own.
        return _call.Token.IsCancellationRequested || failure is ObjectDisposedException
            ? _call.Translate(new OperationCanceledException(failure.Message, failure))
            : _call.Translate(failure);
    }
}
