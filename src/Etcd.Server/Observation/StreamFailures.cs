namespace Etcd.Server.Observation;

/// <summary>Streams of clients that ended by a fault of the connection or of what came over it, not because the client went. Any thread.</summary>
public sealed class StreamFailures
{
    private long _received;
    private long _sent;

    /// <summary>Those that failed while a request was read.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>Those that failed while a reply was sent.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Counts one that failed while a request was read.</summary>
    public void CountReceived() => Interlocked.Increment(ref _received);

    /// <summary>Counts one that failed while a reply was sent.</summary>
    public void CountSent() => Interlocked.Increment(ref _sent);
}
