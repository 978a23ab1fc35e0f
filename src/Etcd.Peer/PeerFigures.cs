namespace Etcd.Peer;

/// <summary>What monitoring is told about the connections with one member. Counts only go up while the process lives.</summary>
public sealed record PeerFigures
{
    /// <summary>The member.</summary>
    public required ulong MemberId { get; init; }

    /// <summary>Whether it answers.</summary>
    public required bool IsActive { get; init; }

    /// <summary>How often it stopped answering.</summary>
    public required long Disconnects { get; init; }

    /// <summary>Bytes sent to it, snapshots included.</summary>
    public required long SentBytes { get; init; }

    /// <summary>Bytes received from it.</summary>
    public required long ReceivedBytes { get; init; }

    /// <summary>Messages to it that were lost.</summary>
    public required long SendFailures { get; init; }

    /// <summary>Messages from it that were lost.</summary>
    public required long ReceiveFailures { get; init; }

    /// <summary>Snapshots it has taken.</summary>
    public required long SnapshotsSent { get; init; }

    /// <summary>Snapshots that did not reach it.</summary>
    public required long SnapshotSendFailures { get; init; }

    /// <summary>Snapshots on their way to it.</summary>
    public required int SnapshotSendsInFlight { get; init; }

    /// <summary>Snapshots taken from it.</summary>
    public required long SnapshotsReceived { get; init; }

    /// <summary>Snapshots from it that were not taken.</summary>
    public required long SnapshotReceiveFailures { get; init; }

    /// <summary>Snapshots on their way from it.</summary>
    public required int SnapshotReceivesInFlight { get; init; }

    /// <summary>Times of all probes so far; goes on counting.</summary>
    public required PeerDurations RoundTrips { get; init; }

    /// <summary>Times of all snapshots it has taken; goes on counting.</summary>
    public required PeerDurations SnapshotSends { get; init; }

    /// <summary>Times of all snapshots taken from it, from their first byte on; goes on counting.</summary>
    public required PeerDurations SnapshotReceptions { get; init; }

    /// <summary>Smoothed time of a probe; zero before the first answer.</summary>
    public required TimeSpan RoundTrip { get; init; }

    /// <summary>By how much this member's clock is ahead of its clock, as the last probe showed.</summary>
    public required TimeSpan ClockDifference { get; init; }
}
