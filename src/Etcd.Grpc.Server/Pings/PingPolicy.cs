namespace Etcd.Grpc.Server.Pings;

/// <summary>Counts a client's pings against what the server allows. One per connection.</summary>
/// <remarks>
/// The rule is grpc-go's: a ping that follows the one before too soon is a strike; anything the server sends on a stream
/// in between clears the strikes; without a call in progress pings have to be hours apart; after the third strike the client is told
/// GOAWAY with ENHANCE_YOUR_CALM and "too_many_pings".
/// </remarks>
internal sealed class PingPolicy(TimeSpan intervalMin, TimeProvider time)
{
    private const int StrikesMax = 2;
    private static readonly TimeSpan IdleIntervalMin = TimeSpan.FromHours(2);

    private int _calls;
    private int _sent;
    private int _strikes;
    private long _lastAt;
    private bool _anyYet;

    /// <summary>A call begins on the connection. Any thread.</summary>
    public void CallStarted() => Interlocked.Increment(ref _calls);

    /// <summary>A call ends; its status is sent. Any thread.</summary>
    public void CallEnded()
    {
        Volatile.Write(ref _sent, 1);
        Interlocked.Decrement(ref _calls);
    }

    /// <summary>The server sends something on a stream. Any thread.</summary>
    public void Sent() => Volatile.Write(ref _sent, 1);

    /// <summary>A ping arrived. Reading thread only.</summary>
    /// <returns><see langword="true"/> when it was one too many.</returns>
    public bool IsTooMuch()
    {
        long now = time.GetTimestamp();
        bool hadAny = _anyYet;
        TimeSpan gap = hadAny ? time.GetElapsedTime(_lastAt, now) : TimeSpan.MaxValue;
        _anyYet = true;
        _lastAt = now;
        if (Interlocked.Exchange(ref _sent, 0) == 1)
        {
            _strikes = 0;
            return false;
        }

        TimeSpan least = Volatile.Read(ref _calls) > 0 ? intervalMin : IdleIntervalMin;
        if (gap < least)
        {
            _strikes++;
        }

        return _strikes > StrikesMax;
    }
}
