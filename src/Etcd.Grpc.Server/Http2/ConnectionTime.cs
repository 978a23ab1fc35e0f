using Etcd.Grpc.Transport.Http2;

namespace Etcd.Grpc.Server.Http2;

/// <summary>What time alone brings about on a connection: it is asked for a sign of life, told to go when it has been idle, and left when it does not
/// keep its own times.</summary>
internal sealed class ConnectionTime
{
    private const long Never = 0;

    private readonly ServerConnection _connection;
    private readonly RpcServerOptions _options;
    private readonly TimeProvider _time;
    private readonly long _beganAt;
    private long _heardAt;
    private long _idleSince;
    private long _blockSince = Never;
    private long _pingedAt = Never;
    private long _endingSince = Never;

    public ConnectionTime(ServerConnection connection, RpcServerOptions options)
    {
        _connection = connection;
        _options = options;
        _time = options.Time;
        _beganAt = _heardAt = _idleSince = Now();
    }

    /// <summary>Something came from the client.</summary>
    public void Heard()
    {
        Volatile.Write(ref _heardAt, Now());
        Volatile.Write(ref _pingedAt, Never);
    }

    /// <summary>The last stream is over.</summary>
    public void BecameIdle() => Volatile.Write(ref _idleSince, Now());

    /// <summary>A header block has begun and is not whole.</summary>
    public void HeaderBlockBegan() => Volatile.Write(ref _blockSince, Now());

    /// <summary>The header block is whole.</summary>
    public void HeaderBlockEnded() => Volatile.Write(ref _blockSince, Never);

    /// <summary>The connection has said goodbye.</summary>
    public void EndingBegan() => Volatile.Write(ref _endingSince, Now());

    /// <summary>Looks at all of it; called now and then.</summary>
    public void Tick()
    {
        if (_connection.IsEnding)
        {
            if (IsOver(Volatile.Read(ref _endingSince), ServerLimits.GoodbyeTimeout))
            {
                _connection.Close("the connection was given up");
            }
        }
        else if (!_connection.Receiver.HasSettings && IsOver(_beganAt, _options.ProtocolDetectionTimeout))
        {
            _connection.Close("the client has sent no settings");
        }
        else if (IsOver(Volatile.Read(ref _blockSince), ServerLimits.HeaderBlockTimeout))
        {
            _connection.GiveUp(Http2ErrorCode.EnhanceYourCalm, "a header block takes too long");
        }
        else if (_connection.IsIdle && IsOver(Volatile.Read(ref _idleSince), _options.IdleConnectionTimeout))
        {
            _connection.Drain();
        }
        else
        {
            _connection.ResetLongUnended();
            CheckLife();
        }
    }

    private void CheckLife()
    {
        if (Volatile.Read(ref _pingedAt) != Never)
        {
            if (IsOver(Volatile.Read(ref _pingedAt), _options.KeepAliveTimeout))
            {
                _connection.Close("the client does not answer");
            }
        }
        else if (_options.KeepAliveInterval > TimeSpan.Zero && IsOver(Volatile.Read(ref _heardAt), _options.KeepAliveInterval))
        {
            Volatile.Write(ref _pingedAt, Now());
            _connection.Ping();
        }
    }

    private bool IsOver(long since, TimeSpan limit) => since != Never && _time.GetElapsedTime(since) >= limit;

    // Zero is kept for what has not happened.
    private long Now() => Math.Max(1, _time.GetTimestamp());
}
