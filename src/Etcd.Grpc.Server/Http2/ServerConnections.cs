using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Etcd.Grpc.Server.Calls;
using Etcd.Grpc.Server.Ports;

namespace Etcd.Grpc.Server.Http2;

/// <summary>The HTTP/2 connections in clear text of one server: keeps their time, and ends them when the server stops.</summary>
internal sealed class ServerConnections : IAsyncDisposable
{
    private static readonly TimeSpan LongestTick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AbortedCallsTimeout = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<ServerConnection, bool> _connections = new();
    private readonly TaskCompletionSource _allGone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly ConnectionQuota _quota;
    private readonly TimeSpan _tick;
    private readonly ITimer _timer;
    private int _ticks;
    private bool _isTicking;
    private bool _isStopping;

    /// <param name="dispatch">Finds the handlers of calls.</param>
    /// <param name="quota">Counts the connections.</param>
    public ServerConnections(RpcDispatch dispatch, ConnectionQuota quota)
    {
        Dispatch = dispatch;
        _quota = quota;
        Watch = new ReaderWatch(_connections);
        RequestMemory = new RequestMemory(Options.RequestBytesHeldMax);
        Eviction = new RequestEviction(RequestMemory, _connections);
        _tick = TickOf(Options);
        _timer = Time.CreateTimer(
            static state => ((ServerConnections)state!).Tick(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public RpcDispatch Dispatch { get; }

    public RpcServerOptions Options => Dispatch.Options;

    public TimeProvider Time => Dispatch.Options.Time;

    public ReaderWatch Watch { get; }

    /// <summary>What all connections hold of requests.</summary>
    public RequestMemory RequestMemory { get; }

    /// <summary>Makes room when that is too much.</summary>
    public RequestEviction Eviction { get; }

    /// <summary>A clock as coarse as a second that costs nothing to read.</summary>
    public int Ticks => Volatile.Read(ref _ticks);

    /// <summary>Serves a connection whose client speaks HTTP/2; the socket is this object's from now on.</summary>
    public void Serve(Socket socket, EndPoint? remote)
    {
        // Reads and writes never wait in the socket: readers wait before they read, and writers leave the rest to the pool.
        socket.Blocking = false;
        if (!_quota.TryEnter())
        {
            socket.Dispose();
            return;
        }

        var connection = new ServerConnection(socket, remote, this);
        bool isLate;
        lock (_lock)
        {
            isLate = _isStopping;
            _connections.TryAdd(connection, true);
            if (!_isTicking && !isLate)
            {
                _isTicking = true;
                _timer.Change(_tick, _tick);
            }
        }

        if (isLate)
        {
            connection.Dispose();
        }
        else
        {
            connection.Start();
        }
    }

    /// <summary>A connection is over, and its last call has ended.</summary>
    public void Remove(ServerConnection connection)
    {
        _quota.Leave();
        lock (_lock)
        {
            _connections.TryRemove(connection, out _);
            if (!_connections.IsEmpty)
            {
                return;
            }

            _isTicking = false;
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            if (_isStopping)
            {
                _allGone.TrySetResult();
            }
        }
    }

    /// <summary>Tells the clients to go elsewhere and waits for the calls in progress.</summary>
    /// <param name="cancellationToken">Ends the wait: what is still open then is cut off, and its calls are cancelled.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _isStopping = true;
            if (_connections.IsEmpty)
            {
                _allGone.TrySetResult();
            }
        }

        foreach ((ServerConnection connection, _) in _connections)
        {
            connection.Drain();
        }

        await _allGone.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_allGone.Task.IsCompleted)
        {
            return;
        }

        foreach ((ServerConnection connection, _) in _connections)
        {
            connection.Dispose();
        }

        // Handlers use what the owner disposes of next; one that does not listen to its cancellation is not waited for without end.
        await _allGone.Task.WaitAsync(AbortedCallsTimeout, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
        Watch.Dispose();
    }

    // Fine enough for the shortest of the times kept.
    private static TimeSpan TickOf(RpcServerOptions options)
    {
        TimeSpan tick = LongestTick;
        foreach (TimeSpan kept in new[]
        {
            options.KeepAliveInterval, options.KeepAliveTimeout, options.IdleConnectionTimeout, options.ProtocolDetectionTimeout,
        })
        {
            tick = kept > TimeSpan.Zero && kept / 4 < tick ? kept / 4 : tick;
        }

        return tick < TimeSpan.FromMilliseconds(10) ? TimeSpan.FromMilliseconds(10) : tick;
    }

    private void Tick()
    {
        Volatile.Write(ref _ticks, _ticks + 1);
        foreach ((ServerConnection connection, _) in _connections)
        {
            connection.Time.Tick();
        }
    }
}
