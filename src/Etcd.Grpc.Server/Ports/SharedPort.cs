using System.IO.Pipelines;
using System.Net;
using System.Threading.Channels;
using Etcd.Grpc.Server.Calls;
using Etcd.Grpc.Server.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Etcd.Grpc.Server.Ports;

/// <summary>A listening socket whose connections go to one of two HTTP stacks, by the first bytes the client sends.</summary>
/// <remarks>
/// The bytes looked at are not consumed: the stack that gets the connection reads them again. A connection that shows no
/// protocol in time is closed, and the number of those that have not shown one is bounded.
/// </remarks>
internal sealed class SharedPort(EndPoint endPoint, RpcServerOptions options, ILogger logger) : IAsyncDisposable
{
    private readonly Channel<ConnectionContext> _http1 = Channel.CreateUnbounded<ConnectionContext>();
    private readonly Channel<ConnectionContext> _http2 = Channel.CreateUnbounded<ConnectionContext>();
    private readonly SemaphoreSlim _binding = new(1, 1);
    private readonly UndetectedConnections _undetected = new(options, logger);
    private IConnectionListener? _listener;
    private Task _accepting = Task.CompletedTask;

    /// <summary>The endpoint listened on: the real one once it is bound.</summary>
    public EndPoint EndPoint => _listener?.EndPoint ?? endPoint;

    /// <summary>Listens, when the first of the two sides asks for it.</summary>
    public async Task BindAsync(IConnectionListenerFactory transport, CancellationToken cancellationToken)
    {
        await _binding.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_listener is null)
            {
                _listener = await ListenFailure.BindAsync(transport, endPoint, cancellationToken).ConfigureAwait(false);
                _accepting = AcceptAllAsync(_listener);
            }
        }
        finally
        {
            _binding.Release();
        }
    }

    /// <summary>Next connection of one side; <see langword="null"/> when the port is closed.</summary>
    public async ValueTask<ConnectionContext?> AcceptAsync(SharedPortSide side, CancellationToken cancellationToken)
    {
        ChannelReader<ConnectionContext> connections = (side == SharedPortSide.Http2 ? _http2 : _http1).Reader;
        while (await connections.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (connections.TryRead(out ConnectionContext? connection))
            {
                return connection;
            }
        }

        return null;
    }

    /// <summary>Closes the listening socket; accepted connections go on.</summary>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken)
    {
        if (_listener is not null)
        {
            await _listener.UnbindAsync(cancellationToken).ConfigureAwait(false);
        }

        await _accepting.ConfigureAwait(false);
        _undetected.Close();
        _http1.Writer.TryComplete();
        _http2.Writer.TryComplete();
    }

    /// <summary>Frees the socket.</summary>
    public async ValueTask DisposeAsync()
    {
        await UnbindAsync(CancellationToken.None).ConfigureAwait(false);
        if (_listener is not null)
        {
            await _listener.DisposeAsync().ConfigureAwait(false);
        }

        _binding.Dispose();
    }

    private async Task AcceptAllAsync(IConnectionListener listener)
    {
        try
        {
            while (await listener.AcceptAsync().ConfigureAwait(false) is { } connection)
            {
                _ = DetectAsync(connection);
            }
        }
        catch (Exception failure)
        {
            logger.AcceptFailed(failure, listener.EndPoint);
        }
    }

    private async Task DetectAsync(ConnectionContext connection)
    {
        LinkedListNode<UndetectedConnection> ticket = _undetected.Enter(connection);
        try
        {
            SharedPortSide? side = await ReadSideAsync(connection).ConfigureAwait(false);
            if (_undetected.Leave(ticket) && side is { } known
                && (known == SharedPortSide.Http2 ? _http2 : _http1).Writer.TryWrite(connection))
            {
                return;
            }
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The client went away, or the watch over undetected connections closed this one: either way it ends here.
            _undetected.Leave(ticket);
        }

        connection.Abort();
        await connection.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask<SharedPortSide?> ReadSideAsync(ConnectionContext connection)
    {
        PipeReader input = connection.Transport.Input;
        while (true)
        {
            ReadResult result = await input.ReadAsync().ConfigureAwait(false);
            bool detected = HttpPreface.TryDetect(result.Buffer, out SharedPortSide side);
            if (!result.Buffer.IsEmpty && result.Buffer.FirstSpan[0] == TlsFaultText.HandshakeRecord)
            {
                logger.TlsOnPlainPort(connection.RemoteEndPoint);
                input.AdvanceTo(result.Buffer.End);
                return null;
            }

            if (detected)
            {
                // Nothing is consumed and nothing counts as seen: the next reader gets it at once.
                input.AdvanceTo(result.Buffer.Start);
                return side;
            }

            input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            if (result.IsCompleted || result.IsCanceled)
            {
                return null;
            }
        }
    }
}
