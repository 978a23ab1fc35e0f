using Etcd.Grpc.Server.Calls;
using Microsoft.Extensions.Logging;

namespace Etcd.Grpc.Server.Ports;

/// <summary>Watches connections that have not shown which protocol they speak: closes each after the time-out, and the oldest
/// when there are too many.</summary>
/// <remarks>All wait equally long, so the order of arrival is the order of expiry and one timer serves all.</remarks>
internal sealed class UndetectedConnections
{
    private readonly Lock _lock = new();
    private readonly LinkedList<UndetectedConnection> _waiting = new();
    private readonly RpcServerOptions _options;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private bool _timerSet;

    public UndetectedConnections(RpcServerOptions options, ILogger logger)
    {
        _options = options;
        _logger = logger;
        _timer = options.Time.CreateTimer(
            static state => ((UndetectedConnections)state!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Takes up a new connection.</summary>
    /// <param name="close">Ends it, and wakes whoever waits for its first bytes. Any thread; must not throw.</param>
    public LinkedListNode<UndetectedConnection> Enter(Action close)
    {
        LinkedListNode<UndetectedConnection> ticket;
        Action? oldest = null;
        lock (_lock)
        {
            ticket = _waiting.AddLast(new UndetectedConnection(close, _options.Time.GetTimestamp()));
            if (_waiting.Count > _options.UndetectedConnectionsMax)
            {
                oldest = _waiting.First!.Value.Close;
                _waiting.RemoveFirst();
            }

            if (!_timerSet)
            {
                _timerSet = true;
                _timer.Change(_options.ProtocolDetectionTimeout, Timeout.InfiniteTimeSpan);
            }
        }

        if (oldest is not null)
        {
            _logger.UndetectedDropped(_options.UndetectedConnectionsMax);
            oldest();
        }

        return ticket;
    }

    /// <summary>Lets go of a connection.</summary>
    /// <returns><see langword="false"/> when it was closed meanwhile.</returns>
    public bool Leave(LinkedListNode<UndetectedConnection> ticket)
    {
        lock (_lock)
        {
            if (ticket.List is null)
            {
                return false;
            }

            _waiting.Remove(ticket);
            return true;
        }
    }

    /// <summary>Closes all of them: the port closes.</summary>
    public void Close()
    {
        _timer.Dispose();
        while (TakeOldest(olderThan: null) is { } close)
        {
            close();
        }
    }

    private void Expire()
    {
        while (TakeOldest(_options.ProtocolDetectionTimeout) is { } close)
        {
            close();
        }

        lock (_lock)
        {
            _timerSet = _waiting.First is not null;
            if (_timerSet)
            {
                TimeSpan left = _options.ProtocolDetectionTimeout - _options.Time.GetElapsedTime(_waiting.First!.Value.Since);
                TimeSpan least = TimeSpan.FromMilliseconds(10);
                _timer.Change(left < least ? least : left, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private Action? TakeOldest(TimeSpan? olderThan)
    {
        lock (_lock)
        {
            if (_waiting.First is not { } first
                || (olderThan is { } limit && _options.Time.GetElapsedTime(first.Value.Since) < limit))
            {
                return null;
            }

            _waiting.RemoveFirst();
            return first.Value.Close;
        }
    }
}
