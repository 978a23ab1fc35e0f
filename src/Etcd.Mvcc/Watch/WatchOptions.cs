namespace Etcd.Mvcc.Watch;

/// <summary>Settings of a <see cref="WatchHub"/>.</summary>
public sealed record WatchOptions
{
    /// <summary>How long a watcher that asked for progress notices stays idle before it gets one; at least 100 ms.
    /// Each stream adds up to a tenth, so that streams do not report all at once.</summary>
    public TimeSpan ProgressInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Seed of the addition to <see cref="ProgressInterval"/>.</summary>
    public int Seed { get; init; }

    /// <summary>A response holds no second revision once its events reach this many bytes; a watcher that asked for fragments
    /// gets a larger single revision in parts of about this size. etcd's limit is <c>--max-request-bytes</c>.</summary>
    public int ResponseBytesMax { get; init; } = 1536 * 1024;

    /// <summary>Bytes of events that wait for one stream's sender before its watchers leave the live feed. The revision that
    /// reaches the limit is still taken whole.</summary>
    public int StreamPendingBytesMax { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes of waiting events of one stream that do not count against <see cref="TotalPendingBytesMax"/>.</summary>
    public int StreamPendingBytesFree { get; init; } = 64 * 1024;

    /// <summary>Bytes of events that may wait for all senders together, above the free part of each stream. With it used up,
    /// a stream is full at its free part. Events are shared, so real memory is mostly far below this sum.</summary>
    public long TotalPendingBytesMax { get; init; } = 256L * 1024 * 1024;

    /// <summary>Answers to the requests of one stream (created, refused, canceled) that wait for its sender before further requests wait
    /// too; see <see cref="WatchStream.WaitForRoomAsync"/>. etcd has room for 16.</summary>
    public int StreamAnswersMax { get; init; } = 1000;

    /// <summary>Most watchers that one catch-up round serves.</summary>
    public int CatchUpWatchersMax { get; init; } = 512;

    /// <summary>Most revisions that one catch-up round reads.</summary>
    public int CatchUpRevisionsMax { get; init; } = 1000;

    /// <summary>Bytes of history after which a catch-up round ends with the revision it is in.</summary>
    public int CatchUpBytesMax { get; init; } = 4 * 1024 * 1024;
}
