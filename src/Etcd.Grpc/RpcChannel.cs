using Etcd.Grpc.Transport;
using Etcd.Grpc.Transport.Http2;
using Etcd.Grpc.Transport.SocketsHttp;
using Google.Protobuf;

namespace Etcd.Grpc;

/// <summary>A client's connection to one server. Connects with the first call, and again when the connection was lost. Safe for
/// concurrent use.</summary>
public sealed class RpcChannel : IAsyncDisposable
{
    private readonly RpcTransport _transport;
    private readonly RpcChannelOptions _options;

    /// <summary>Creates a channel; nothing is sent yet.</summary>
    /// <param name="address">The server.</param>
    /// <param name="options">Settings; <see langword="null"/>: the defaults.</param>
    public RpcChannel(RpcAddress address, RpcChannelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        Address = address;
        _options = options ?? new RpcChannelOptions();
        _transport = _options.Transport == RpcTransportKind.SocketsHttp
            ? new SocketsHttpTransport(address, _options)
            : new Http2Transport(address, _options);
    }

    /// <summary>The server.</summary>
    public RpcAddress Address { get; }

    /// <summary>Sends one request and waits for its one reply.</summary>
    /// <param name="method">The method.</param>
    /// <param name="request">The request.</param>
    /// <param name="options">Time-out, metadata and the like.</param>
    /// <param name="cancellationToken">Gives the call up; the server is told.</param>
    /// <exception cref="RpcException">The call ended with a status other than OK, or the transport failed (Unavailable).</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was cancelled.</exception>
    public async Task<TReply> UnaryAsync<TRequest, TReply>(
        RpcMethod<TRequest, TReply> method, TRequest request, RpcCallOptions? options = null, CancellationToken cancellationToken = default)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        ArgumentNullException.ThrowIfNull(method);
        using var call = new RpcClientCall(options, _options, cancellationToken);
        try
        {
            RpcCallHead head = call.Head(method.Path);
            ReadOnlyMemory<byte> frame = RequestFrame.Encode(request, head.Gzip, _options.SendBytesMax);
            using RpcTransportStream stream = await _transport.OpenUnaryAsync(head, frame, call.Token).ConfigureAwait(false);
            using var replies = new RpcReplyReader(stream, call.ReceiveBytesMax);
            ReadOnlyMemory<byte> message = await replies.ReadMessageAsync(call.Token).ConfigureAwait(false)
                ?? throw new RpcException(RpcStatusCode.Internal, "the server ended the call without a reply");
            TReply reply = method.ReplyParser.ParseFrom(message.Span);

            // Only the status after the message says that the call succeeded.
            return await replies.ReadMessageAsync(call.Token).ConfigureAwait(false) is null
                ? reply
                : throw new RpcException(RpcStatusCode.Internal, "the server sent more than one reply");
        }
        catch (Exception failure) when (failure is OperationCanceledException or InvalidProtocolBufferException)
        {
            throw call.Translate(failure);
        }
    }

    /// <summary>Starts a call that streams on either side or both.</summary>
    /// <param name="method">The method.</param>
    /// <param name="options">Time-out, metadata and the like.</param>
    /// <param name="cancellationToken">Gives the call up, at any time during it; the server is told.</param>
    /// <returns>The call; dispose it to end it.</returns>
    /// <exception cref="RpcException">No connection can be had (Unavailable).</exception>
    public async Task<RpcStreamCall<TRequest, TReply>> StreamAsync<TRequest, TReply>(
        RpcMethod<TRequest, TReply> method, RpcCallOptions? options = null, CancellationToken cancellationToken = default)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        ArgumentNullException.ThrowIfNull(method);
        var call = new RpcClientCall(options, _options, cancellationToken);
        try
        {
            RpcTransportStream stream = await _transport.OpenStreamAsync(call.Head(method.Path), call.Token).ConfigureAwait(false);
            return new RpcStreamCall<TRequest, TReply>(method, stream, call);
        }
        catch (OperationCanceledException failure)
        {
            Exception translated = call.Translate(failure);
            call.Dispose();
            throw translated;
        }
        catch
        {
            call.Dispose();
            throw;
        }
    }

    /// <summary>Starts a call with one request and many replies.</summary>
    /// <inheritdoc cref="StreamAsync{TRequest, TReply}"/>
    public async Task<RpcStreamCall<TRequest, TReply>> ServerStreamAsync<TRequest, TReply>(
        RpcMethod<TRequest, TReply> method, TRequest request, RpcCallOptions? options = null, CancellationToken cancellationToken = default)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply>
    {
        RpcStreamCall<TRequest, TReply> call = await StreamAsync(method, options, cancellationToken).ConfigureAwait(false);
        try
        {
            await call.WriteAsync(request, cancellationToken).ConfigureAwait(false);
            await call.CompleteAsync(cancellationToken).ConfigureAwait(false);
            return call;
        }
        catch
        {
            call.Dispose();
            throw;
        }
    }

    /// <summary>Closes the connection. Calls in progress end with Unavailable or are cancelled.</summary>
    public ValueTask DisposeAsync() => _transport.DisposeAsync();
}
