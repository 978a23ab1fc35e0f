namespace Etcd.Peer.Links;

/// <summary>What is counted about one member. Written by whoever sends or receives, read by monitoring.</summary>
internal sealed class PeerTraffic
{
    private const int RoundTripBounds = 16;
    private const int SnapshotBounds = 10;

    private long _sentBytes;
    private long _receivedBytes;
    private long _sendFailures;
    private long _receiveFailures;
    private long _snapshotsSent;
    private long _snapshotSendFailures;
    private int _snapshotSendsInFlight;
    private long _snapshotsReceived;
    private long _snapshotReceiveFailures;
    private int _snapshotReceivesInFlight;

    public long SentBytes => Interlocked.Read(ref _sentBytes);

    public long ReceivedBytes => Interlocked.Read(ref _receivedBytes);

    public long SendFailures => Interlocked.Read(ref _sendFailures);

    public long ReceiveFailures => Interlocked.Read(ref _receiveFailures);

    public long SnapshotsSent => Interlocked.Read(ref _snapshotsSent);

    public long SnapshotSendFailures => Interlocked.Read(ref _snapshotSendFailures);

    public int SnapshotSendsInFlight => Volatile.Read(ref _snapshotSendsInFlight);

    public long SnapshotsReceived => Interlocked.Read(ref _snapshotsReceived);

    public long SnapshotReceiveFailures => Interlocked.Read(ref _snapshotReceiveFailures);

    public int SnapshotReceivesInFlight => Volatile.Read(ref _snapshotReceivesInFlight);

    /// <summary>Times of probes.</summary>
    public PeerDurations RoundTrips { get; } = new(TimeSpan.FromMicroseconds(100), RoundTripBounds);

    /// <summary>Times of snapshots that were sent.</summary>
    public PeerDurations SnapshotSends { get; } = new(TimeSpan.FromMilliseconds(100), SnapshotBounds);

    /// <summary>Times of snapshots that were taken.</summary>
    public PeerDurations SnapshotReceptions { get; } = new(TimeSpan.FromMilliseconds(100), SnapshotBounds);

    public void Sent(long bytes) => Interlocked.Add(ref _sentBytes, bytes);

    public void Received(long bytes) => Interlocked.Add(ref _receivedBytes, bytes);

    public void SendFailed() => Interlocked.Increment(ref _sendFailures);

    public void ReceiveFailed() => Interlocked.Increment(ref _receiveFailures);

    public void SnapshotBegins() => Interlocked.Increment(ref _snapshotSendsInFlight);

    public void SnapshotEnds(bool delivered, TimeSpan took)
    {
        Interlocked.Decrement(ref _snapshotSendsInFlight);
        Interlocked.Increment(ref delivered ? ref _snapshotsSent : ref _snapshotSendFailures);
        if (delivered)
        {
            SnapshotSends.Record(took);
        }
    }

    public void ReceivedSnapshotBegins() => Interlocked.Increment(ref _snapshotReceivesInFlight);

    public void ReceivedSnapshotEnds(bool taken, TimeSpan took)
    {
        Interlocked.Decrement(ref _snapshotReceivesInFlight);
        Interlocked.Increment(ref taken ? ref _snapshotsReceived : ref _snapshotReceiveFailures);
        if (taken)
        {
            SnapshotReceptions.Record(took);
        }
    }
}
