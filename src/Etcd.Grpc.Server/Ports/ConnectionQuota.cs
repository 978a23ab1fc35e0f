namespace Etcd.Grpc.Server.Ports;

/// <summary>Counts the open connections of all listeners together.</summary>
/// <param name="connectionsMax">Most of them; <see langword="null"/>: no limit.</param>
internal sealed class ConnectionQuota(long? connectionsMax)
{
    private long _count;

    /// <summary>Takes a place for a connection.</summary>
    /// <returns><see langword="false"/> when there is none.</returns>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _count) <= (connectionsMax ?? long.MaxValue))
        {
            return true;
        }

        Interlocked.Decrement(ref _count);
        return false;
    }

    /// <summary>Gives the place back.</summary>
    public void Leave() => Interlocked.Decrement(ref _count);
}
