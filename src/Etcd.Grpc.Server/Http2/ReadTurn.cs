namespace Etcd.Grpc.Server.Http2;

/// <summary>The role of reading a connection. Whoever holds it may run a call on its own thread; when that takes long, the role is taken away and
/// given to another thread, so that no call keeps the connection's others waiting.</summary>
internal sealed class ReadTurn
{
    private const long Reading = 0;
    private const long Taken = -1;

    private long _servingSince;

    /// <summary>The holder begins to run a call.</summary>
    /// <param name="now">Timestamp, above zero.</param>
    public void BeginCall(long now) => Volatile.Write(ref _servingSince, now);

    /// <summary>The holder is back.</summary>
    /// <returns><see langword="false"/> when the role was taken away: the connection's input is somebody else's now.</returns>
    public bool EndCall() => Interlocked.Exchange(ref _servingSince, Reading) != Taken;

    /// <summary>Takes the role away from a holder that has been running a call since <paramref name="latest"/> or longer.</summary>
    public bool TryTakeAway(long latest)
    {
        long since = Volatile.Read(ref _servingSince);
        return since > Reading && since <= latest && Interlocked.CompareExchange(ref _servingSince, Taken, since) == since;
    }
}
