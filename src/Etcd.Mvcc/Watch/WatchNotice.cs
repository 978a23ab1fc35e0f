namespace Etcd.Mvcc.Watch;

/// <summary>One response to be sent on a stream. <see cref="WatchResponseWriter"/> encodes it.</summary>
/// <remarks>Valid until the next <see cref="WatchStream.TryTake"/> of its stream, whose buffers it shows.</remarks>
public readonly struct WatchNotice
{
    /// <summary>Watch id of notices that belong to no watcher.</summary>
    public const long NoWatchId = -1;

    /// <summary>What it tells.</summary>
    public WatchNoticeKind Kind { get; init; }

    /// <summary>The watcher, or <see cref="NoWatchId"/>.</summary>
    public long WatchId { get; init; }

    /// <summary>Revision for the response's header: of the last event, of the progress, of the store at creation; 0 for <see cref="WatchNoticeKind.Compacted"/>, as in etcd.</summary>
    public long Revision { get; init; }

    /// <summary>Revision of the compaction, for <see cref="WatchNoticeKind.Compacted"/>.</summary>
    public long CompactRevision { get; init; }

    /// <summary>Text for the client, for <see cref="WatchNoticeKind.Refused"/>, and for <see cref="WatchNoticeKind.Canceled"/> by the server's will.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether more events of the same revision follow in the next notice.</summary>
    public bool IsFragment { get; init; }

    /// <summary>Encoded mvccpb.Event messages, shared with other watchers: never change them.</summary>
    public ReadOnlyMemory<ReadOnlyMemory<byte>> Events { get; init; }
}
