using System.Diagnostics;

namespace Etcd.Grpc.Transport.Http2;

/// <summary>Asks a silent server for a sign of life, and gives the connection up when none comes.</summary>
internal sealed class Http2KeepAlive : IDisposable
{
    private readonly Http2Connection _connection;
    private readonly TimeSpan _interval;
    private readonly TimeSpan _timeout;
    private readonly bool _withoutCalls;
    private readonly Timer _timer;
    private long _heardAt = Stopwatch.GetTimestamp();
    private bool _asked;

    public Http2KeepAlive(Http2Connection connection, TimeSpan interval, TimeSpan timeout, bool withoutCalls)
    {
        _connection = connection;
        _interval = interval;
        _timeout = timeout;
        _withoutCalls = withoutCalls;
        _timer = new Timer(static state => ((Http2KeepAlive)state!).Check(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Begins to watch.</summary>
    public void Start() => Again(_interval);

    /// <summary>Something came from the server.</summary>
    public void Heard() => Volatile.Write(ref _heardAt, Stopwatch.GetTimestamp());

    public void Dispose() => _timer.Dispose();

    private void Check()
    {
        TimeSpan silence = Stopwatch.GetElapsedTime(Volatile.Read(ref _heardAt));
        if (silence < _interval)
        {
            _asked = false;
            Again(_interval - silence);
        }
        else if (_asked)
        {
            _connection.Close(new RpcException(
                RpcStatusCode.Unavailable, "keepalive ping failed to receive ACK within timeout"));
        }
        else if (!_withoutCalls && !_connection.HasStreams)
        {
            Again(_interval);
        }
        else
        {
            _asked = true;
            _connection.Ping();
            Again(_timeout);
        }
    }

    private void Again(TimeSpan due)
    {
        try
        {
            _timer.Change(due < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : due, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // The connection ended at this very moment: nobody is left to ask.
        }
    }
}
