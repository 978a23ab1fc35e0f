using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Etcd.Grpc.Server.Calls;
using Etcd.Grpc.Server.Http2;
using Etcd.Grpc.Server.Tls;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Etcd.Grpc.Server.Ports;

/// <summary>A listening socket in clear text. By the first bytes the client sends, a connection goes to one of Kestrel's two sides, or HTTP/2 to the
/// server's own where that is wanted.</summary>
/// <remarks>
/// The bytes looked at are not consumed: whoever gets the connection reads them again. A connection that shows no
/// protocol in time is closed, and the number of those that have not shown one is bounded.
/// </remarks>
internal sealed class SharedPort(
    EndPoint endPoint, RpcServerOptions options, ServerConnections ownHttp2, SocketConnectionContextFactory kestrel, ILogger logger) : IAsyncDisposable
{
    private const int Backlog = 512;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPeekPause = TimeSpan.FromMilliseconds(50);

    private readonly Channel<ConnectionContext> _http1 = Channel.CreateUnbounded<ConnectionContext>();
    private readonly Channel<ConnectionContext> _http2 = Channel.CreateUnbounded<ConnectionContext>();
    private readonly UndetectedConnections _undetected = new(options, logger);
    private readonly CancellationTokenSource _closing = new();
    private Socket? _listener;
    private EndPoint? _bound;
    private Task _accepting = Task.CompletedTask;

    /// <summary>The endpoint listened on: the real one once it is bound.</summary>
    public EndPoint EndPoint => _bound ?? endPoint;

    /// <summary>Listens; both sides ask for it, and the first one counts.</summary>
    /// <exception cref="IOException">It failed.</exception>
    public void Bind()
    {
        if (_listener is not null)
        {
            return;
        }

        _listener = ListenFailure.Listen(endPoint, options, Backlog);
        _bound = endPoint is UnixDomainSocketEndPoint ? endPoint : _listener.LocalEndPoint;
        _accepting = AcceptAllAsync(_listener);
    }

    /// <summary>Next connection of one of Kestrel's sides; <see langword="null"/> when the port is closed.</summary>
    public async ValueTask<ConnectionContext?> AcceptAsync(SharedPortSide side, CancellationToken cancellationToken)
    {
        ChannelReader<ConnectionContext> connections = SideOf(side).Reader;
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
    public async ValueTask UnbindAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        _listener?.Dispose();
        await _accepting.ConfigureAwait(false);
        _undetected.Close();
        _http1.Writer.TryComplete();
        _http2.Writer.TryComplete();
    }

    /// <summary>Frees the socket.</summary>
    public ValueTask DisposeAsync() => UnbindAsync();

    private async Task AcceptAllAsync(Socket listener)
    {
        TimeSpan pause = FirstPause;
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                _ = DetectAsync(await listener.AcceptAsync(_closing.Token).ConfigureAwait(false));
                pause = FirstPause;
            }
            catch (Exception over) when (over is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException failure)
            {
                // Out of file descriptors, or a client that left before it was accepted: the port goes on.
                logger.AcceptFailed(failure, EndPoint);
                await Task.Delay(pause, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
        }
    }

    private async Task DetectAsync(Socket socket)
    {
        LinkedListNode<UndetectedConnection> ticket = _undetected.Enter(socket.Dispose);
        try
        {
            EndPoint? remote = socket.RemoteEndPoint;
            if (socket.ProtocolType == ProtocolType.Tcp)
            {
                socket.NoDelay = true;
            }

            SharedPortSide? side = await ReadSideAsync(socket, remote).ConfigureAwait(false);
            if (_undetected.Leave(ticket) && side is { } known && await TryHandOverAsync(socket, remote, known).ConfigureAwait(false))
            {
                return;
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // The client went away, or the watch over undetected connections closed this one: either way it ends here.
            _undetected.Leave(ticket);
        }

        socket.Dispose();
    }

    private async ValueTask<bool> TryHandOverAsync(Socket socket, EndPoint? remote, SharedPortSide side)
    {
        if (side == SharedPortSide.Http2 && options.ServesHttp2Itself)
        {
            ownHttp2.Serve(socket, remote);
            return true;
        }

        ConnectionContext connection = kestrel.Create(socket);
        if (!SideOf(side).Writer.TryWrite(connection))
        {
            connection.Abort();
            await connection.DisposeAsync().ConfigureAwait(false);
        }

        return true;
    }

    private Channel<ConnectionContext> SideOf(SharedPortSide side) => side == SharedPortSide.Http2 ? _http2 : _http1;

    private async ValueTask<SharedPortSide?> ReadSideAsync(Socket socket, EndPoint? remote)
    {
        byte[] start = new byte[HttpPreface.SizeBytes];
        TimeSpan pause = TimeSpan.FromMilliseconds(1);
        while (true)
        {
            int count = await socket.ReceiveAsync(start, SocketFlags.Peek).ConfigureAwait(false);
            if (count == 0)
            {
                return null;
            }

            if (start[0] == TlsFaultText.HandshakeRecord)
            {
                logger.TlsOnPlainPort(remote);
                return null;
            }

            if (HttpPreface.TryDetect(start.AsSpan(0, count), out SharedPortSide side))
            {
                return side;
            }

            // A preface in pieces, which hardly ever happens: what was looked at would be looked at again at once.
            await Task.Delay(pause, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPeekPause ? pause * 2 : LongestPeekPause;
            if (_closing.IsCancellationRequested)
            {
                return null;
            }
        }
    }
}
