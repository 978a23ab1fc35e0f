using Etcd.Grpc.Transport;
using Etcd.Grpc.Transport.Http2;
using Etcd.Grpc.Transport.SocketsHttp;
using Google.Protobuf;

namespace Etcd.Grpc;

/// <summary>A client's connection to one server. Connects with the first call, and again when the connection was lost. Safe for
/// concurrent use.</summary>
public sealed class RpcChannel : IAsyncDisposable
{
    private const int AttemptsMax = 3;

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
        using var call = new RpcClientCall(options, _options, _transport.BlocksUnaryCalls, cancellationToken);
        ReadOnlyMemory<byte> frame = RequestFrame.Encode(request, call.Gzip, _options.SendBytesMax);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                using RpcTransportStream stream = await _transport.OpenUnaryAsync(
                    call.Head(method.Path), frame, call.ReceiveBytesMax, call.Token).ConfigureAwait(false);
                using (call.CancelWithToken(stream))
                {
                    await stream.WaitForUnaryReplyAsync(call.BlockingDeadline).ConfigureAwait(false);
                }

                return method.ReplyParser.ParseFrom(stream.TakeUnaryReply());
            }
            catch (RpcException refused) when (refused.IsUnprocessed && attempt < AttemptsMax)
            {
                // The server certainly did not look at the call: the connection was closing, or it was busy.
            }
            catch (Exception failure) when (failure
                is OperationCanceledException or InvalidProtocolBufferException or RpcException { Code: RpcStatusCode.Canceled })
            {
                throw call.Translate(failure);
            }
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
        var call = new RpcClientCall(options, _options, isBlocking: false, cancellationToken);
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
