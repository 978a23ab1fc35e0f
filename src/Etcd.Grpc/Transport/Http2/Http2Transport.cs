using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Etcd.Grpc.Transport.Http2;

/// <summary>HTTP/2 over a connection of our own: opened with the first call, and again when the one before is over.</summary>
internal sealed class Http2Transport(RpcAddress address, RpcChannelOptions options) : RpcTransport
{
    private readonly Lock _lock = new();
    private Http2Connection? _current;
    private Task<Http2Connection>? _connecting;
    private bool _disposed;

    public override async ValueTask<RpcTransportStream> OpenUnaryAsync(
        RpcCallHead head, ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        (Http2Stream stream, int sent) = await OpenAsync(head, frame, endsBody: true, cancellationToken).ConfigureAwait(false);
        if (sent < frame.Length)
        {
            try
            {
                await stream.SendAsync(frame[sent..], endsBody: true, cancellationToken).ConfigureAwait(false);
            }
            catch (RpcException)
            {
                // The server has answered before it took the whole request: reading the stream tells what.
                return stream;
            }
            catch
            {
                stream.Dispose();
                throw;
            }
        }

        return stream;
    }

    public override async ValueTask<RpcTransportStream> OpenStreamAsync(RpcCallHead head, CancellationToken cancellationToken)
    {
        (Http2Stream stream, _) = await OpenAsync(head, default, endsBody: false, cancellationToken).ConfigureAwait(false);
        return stream;
    }

    public override async ValueTask DisposeAsync()
    {
        Http2Connection? connection;
        Task<Http2Connection>? connecting;
        lock (_lock)
        {
            _disposed = true;
            connection = _current;
            connecting = _connecting;
        }

        if (connecting is not null)
        {
            await ((Task)connecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            connection = connecting.IsCompletedSuccessfully ? await connecting.ConfigureAwait(false) : connection;
        }

        if (connection is not null)
        {
            connection.Dispose();
            await connection.Completion.ConfigureAwait(false);
        }
    }

    private async ValueTask<(Http2Stream Stream, int Sent)> OpenAsync(
        RpcCallHead head, ReadOnlyMemory<byte> body, bool endsBody, CancellationToken cancellationToken)
    {
        while (true)
        {
            Http2Connection? connection = Volatile.Read(ref _current);
            if (connection?.IsUsable != true)
            {
                connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            }

            try
            {
                if (connection.TryOpen(head, body.Span, endsBody, out Http2Stream? stream, out int sent))
                {
                    return (stream!, sent);
                }
            }
            catch (RpcException lost) when (lost.IsUnprocessed)
            {
                // The connection began to drain between the look at it and the call: the next one will do.
                continue;
            }

            await connection.WaitForSlotAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private Task<Http2Connection> ConnectAsync(CancellationToken cancellationToken)
    {
        Task<Http2Connection> connecting;
        lock (_lock)
        {
            if (_disposed)
            {
                throw Closed();
            }

            if (_current?.IsUsable == true)
            {
                return Task.FromResult(_current);
            }

            if (_connecting is null || _connecting.IsCompleted)
            {
                _connecting = ConnectOnceAsync();
            }

            connecting = _connecting;
        }

        return connecting.IsCompleted ? connecting : connecting.WaitAsync(cancellationToken);
    }

    private async Task<Http2Connection> ConnectOnceAsync()
    {
        using var patience = new CancellationTokenSource(options.ConnectTimeout);
        try
        {
            Stream io = await SocketConnector.ConnectAsync(address.EndPoint, patience.Token).ConfigureAwait(false);
            if (address.IsTls)
            {
                io = await SecureAsync(io, patience.Token).ConfigureAwait(false);
            }

            var connection = new Http2Connection(io, address, options);
            lock (_lock)
            {
                _current = connection;
            }

            connection.Start();
            return connection;
        }
        catch (OperationCanceledException)
        {
            throw TransportErrors.ConnectFailed($"dial {address.Authority}: i/o timeout");
        }
        catch (SocketException failure)
        {
            throw TransportErrors.ConnectFailed($"dial {address.Authority}: connect: {TransportErrors.Describe(failure)}", failure);
        }
        catch (AuthenticationException failure)
        {
            throw TransportErrors.ConnectFailed($"authentication handshake failed: {failure.Message}", failure);
        }
        catch (IOException failure)
        {
            throw TransportErrors.ConnectFailed(failure.Message, failure);
        }
    }

    private async Task<Stream> SecureAsync(Stream io, CancellationToken cancellationToken)
    {
        var tls = new SslStream(io, leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsClientAsync(ClientTls.Prepare(options.Tls, address.Host), cancellationToken).ConfigureAwait(false);
            return tls.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2
                ? tls
                : throw new AuthenticationException("the server does not offer HTTP/2 (ALPN h2)");
        }
        catch
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static RpcException Closed() => new(RpcStatusCode.Canceled, "the channel is closed");
}
