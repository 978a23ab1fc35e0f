using System.Net;
using System.Net.Sockets;

namespace Etcd.Proxy.Gateway;

/// <summary>Passes bytes between clients and the members of a cluster, whatever they say: <c>etcd gateway</c>.</summary>
/// <remarks>The protocol is not looked at, so TLS goes through from end to end.</remarks>
internal sealed class TcpGateway : IAsyncDisposable
{
    /// <summary>How long a member may take to accept a connection before the next one is tried.</summary>
    internal static readonly TimeSpan DialTimeout = TimeSpan.FromSeconds(5);

    // Connections wait in the backlog meanwhile; some of those that are open will have ended.
    private static readonly TimeSpan PauseWithoutDescriptors = TimeSpan.FromMilliseconds(100);

    private const int Backlog = 512;

    // As in Go. What a host that lost its power has left behind would stay open for good: nothing is sent where both sides are silent.
    private const int KeepAliveSeconds = 15;

    private readonly GatewayOptions _options;
    private readonly GatewayEndpoints _endpoints;
    private readonly GatewayLog _log;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly HashSet<Task> _connections = [];
    private readonly Socket _listener;
    private Task _accepting = Task.CompletedTask;

    internal TcpGateway(GatewayOptions options, GatewayLog log, TimeProvider time)
    {
        _options = options;
        _endpoints = new GatewayEndpoints(options, time);
        _log = log;
        _time = time;
        _listener = new Socket(options.Listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (options.Listen is IPEndPoint { Address: IPAddress address } && address.Equals(IPAddress.IPv6Any))
        {
            // All addresses means those of IPv4 too.
            _listener.DualMode = true;
        }
    }

    /// <summary>Where clients connect, with the real port number.</summary>
    internal EndPoint EndPoint => _listener.LocalEndPoint!;

    /// <summary>Begins to listen.</summary>
    /// <exception cref="SocketException">The port cannot be bound.</exception>
    internal void Start()
    {
        _listener.Bind(_options.Listen);
        _listener.Listen(Backlog);
        _accepting = AcceptAsync();
        _log.Ready(_options.Endpoints.Select(endpoint => new GatewayEndpoint(endpoint).ToString()), EndPoint.ToString()!);
    }

    /// <summary>Stops listening and cuts the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _accepting.ConfigureAwait(false);
        Task[] open;
        lock (_lock)
        {
            open = [.. _connections];
        }

        await Task.WhenAll(open).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException failure) when (failure.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset)
            {
                // The client has gone again before it was accepted.
                continue;
            }
            catch (SocketException failure) when (!_stop.IsCancellationRequested)
            {
                // Descriptors or memory are short. The client stays in the backlog, and to ask for it at once would only burn the processor.
                _log.CannotAccept(failure.Message);
                await Task.Delay(PauseWithoutDescriptors, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }
            catch (SocketException)
            {
                // The listener was closed.
                return;
            }

            Task connection = CarryAsync(client);
            lock (_lock)
            {
                _connections.Add(connection);
            }

            _ = connection.ContinueWith(Forget, TaskScheduler.Default);
        }
    }

    private void Forget(Task connection)
    {
        lock (_lock)
        {
            _connections.Remove(connection);
        }
    }

    private async Task CarryAsync(Socket client)
    {
        using (client)
        {
            using Socket? member = await DialAsync().ConfigureAwait(false);
            if (member is null)
            {
                _log.NoEndpoint();
                return;
            }

            SetUp(client);
            SetUp(member);
            await Task.WhenAll(CopyAsync(client, member), CopyAsync(member, client)).ConfigureAwait(false);
        }
    }

    private static void SetUp(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveSeconds);
    }

    private async Task<Socket?> DialAsync()
    {
        while (_endpoints.Next() is { } endpoint)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
                limit.CancelAfter(DialTimeout);
                await socket.ConnectAsync(endpoint.Address, limit.Token).ConfigureAwait(false);
                if (!OwnPort.IsOtherEnd(socket, (IPEndPoint)EndPoint))
                {
                    return socket;
                }

                // CVE-2020-15114: each connection would make the next until there are no descriptors left.
                socket.Dispose();
                _endpoints.StandBack(endpoint);
                _log.Deactivated(endpoint.ToString(), $"{_options.RetryDelay.TotalSeconds}s", "the endpoint is this gateway itself");
            }
            catch (Exception failure) when (failure is SocketException or OperationCanceledException)
            {
                socket.Dispose();
                if (_stop.IsCancellationRequested)
                {
                    return null;
                }

                _endpoints.StandBack(endpoint);
                _log.Deactivated(endpoint.ToString(), $"{_options.RetryDelay.TotalSeconds}s", failure.Message);
            }
        }

        return null;
    }

    // One direction: the end of what one side says is passed on, and the other direction lives until its own end.
    private async Task CopyAsync(Socket from, Socket to)
    {
        byte[] buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, _stop.Token).ConfigureAwait(false) is > 0 and int count)
            {
                for (int sent = 0; sent < count;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _stop.Token).ConfigureAwait(false);
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Either side is gone: so is the connection, for both directions.
            from.Dispose();
            to.Dispose();
        }
    }
}
