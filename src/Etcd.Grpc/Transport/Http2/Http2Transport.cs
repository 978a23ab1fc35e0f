using System.Net;
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

    public override bool BlocksUnaryCalls => options.BlockingUnary && Volatile.Read(ref _current)?.Reader.IsInBackground != true;

    public override ValueTask<RpcTransportStream> OpenUnaryAsync(
        RpcCallHead head, ReadOnlyMemory<byte> frame, int replyBytesMax, CancellationToken cancellationToken)
    {
        if (options.BlockingUnary && Volatile.Read(ref _current)?.IsUsable != true)
        {
            Connect();
        }

        // The common case: connected, room for a stream, and the request fits the windows.
        if (Volatile.Read(ref _current) is { IsUsable: true } connection
            && connection.TryOpen(head, frame.Span, replyBytesMax) is { } stream)
        {
            return stream.OpeningBytesSent == frame.Length
                ? new ValueTask<RpcTransportStream>(stream)
                : SendRestAsync(connection, stream, frame, cancellationToken);
        }

        return OpenUnarySlowlyAsync(head, frame, replyBytesMax, cancellationToken);
    }

    public override async ValueTask<RpcTransportStream> OpenStreamAsync(RpcCallHead head, CancellationToken cancellationToken)
    {
        (_, Http2Stream stream) = await OpenAsync(head, default, replyBytesMax: -1, cancellationToken).ConfigureAwait(false);
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

        if (connecting is not null && !connecting.IsCompletedSuccessfully)
        {
            await ((Task)connecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            connection = _current;
        }

        if (connection is not null)
        {
            connection.Dispose();
            await connection.Reader.Completion.ConfigureAwait(false);
        }
    }

    private static async ValueTask<RpcTransportStream> SendRestAsync(
        Http2Connection connection, Http2Stream stream, ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        // The windows are full: somebody has to read for them to open.
        connection.Reader.StartBackground();
        try
        {
            await stream.SendAsync(frame[stream.OpeningBytesSent..], endsBody: true, cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException)
        {
            // The server has answered before it took the whole request: reading the stream tells what.
        }
        catch
        {
            stream.Dispose();
            throw;
        }

        return stream;
    }

    private async ValueTask<RpcTransportStream> OpenUnarySlowlyAsync(
        RpcCallHead head, ReadOnlyMemory<byte> frame, int replyBytesMax, CancellationToken cancellationToken)
    {
        (Http2Connection connection, Http2Stream stream) =
            await OpenAsync(head, frame, replyBytesMax, cancellationToken).ConfigureAwait(false);
        return stream.OpeningBytesSent == frame.Length
            ? stream
            : await SendRestAsync(connection, stream, frame, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<(Http2Connection Connection, Http2Stream Stream)> OpenAsync(
        RpcCallHead head, ReadOnlyMemory<byte> body, int replyBytesMax, CancellationToken cancellationToken)
    {
        while (true)
        {
            Http2Connection connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            connection.Reader.StartBackground();
            try
            {
                if (connection.TryOpen(head, body.Span, replyBytesMax) is { } stream)
                {
                    return (connection, stream);
                }
            }
            catch (RpcException lost) when (lost.IsUnprocessed)
            {
                // The connection ended or began to drain between the look at it and the call: the next one will do.
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
                io = await ClientTls.SecureAsync(io, options.Tls, address.Host, patience.Token).ConfigureAwait(false);
            }

            return Begin(io);
        }
        catch (Exception failure) when (failure is not RpcException)
        {
            throw Explain(failure);
        }
    }

    /// <summary>Connects on the calling thread.</summary>
    private void Connect()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                throw Closed();
            }

            if (_current?.IsUsable == true)
            {
                return;
            }

            try
            {
                Stream io = SocketConnector.Connect(address.EndPoint, options.ConnectTimeout);
                Begin(address.IsTls ? ClientTls.Secure(io, options.Tls, address.Host, options.ConnectTimeout) : io);
            }
            catch (Exception failure) when (failure is not RpcException)
            {
                throw Explain(failure);
            }
        }
    }

    private Http2Connection Begin(Stream io)
    {
        var connection = new Http2Connection(io, address, options);
        lock (_lock)
        {
            _current = connection;
            if (_disposed)
            {
                connection.Dispose();
            }
        }

        return connection;
    }

    private RpcException Explain(Exception failure) => failure switch
    {
        OperationCanceledException or SocketException { SocketErrorCode: SocketError.TimedOut } =>
            TransportErrors.ConnectFailed($"dial {Target()}: i/o timeout", failure),
        SocketException { SocketErrorCode: SocketError.HostNotFound } when address.EndPoint is DnsEndPoint name =>
            TransportErrors.ConnectFailed($"dial tcp: lookup {name.Host}: no such host", failure),

        // What the system says of a socket's file that is not there.
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } when address.EndPoint is UnixDomainSocketEndPoint =>
            TransportErrors.ConnectFailed($"dial {Target()}: connect: no such file or directory", failure),
        SocketException socket => TransportErrors.ConnectFailed($"dial {Target()}: connect: {TransportErrors.Describe(socket)}", failure),
        AuthenticationException => TransportErrors.ConnectFailed($"authentication handshake failed: {failure.Message}", failure),
        _ => TransportErrors.ConnectFailed(failure.Message, failure),
    };

    // In the words of etcd's client.
    private string Target() => address.EndPoint is UnixDomainSocketEndPoint file ? $"unix {file}" : $"tcp {address.Authority}";

    private static RpcException Closed() => new(RpcStatusCode.Canceled, "the channel is closed");
}
