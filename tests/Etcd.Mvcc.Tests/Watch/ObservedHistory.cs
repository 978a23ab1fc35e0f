using Etcd.Mvcc.Watch;

namespace Etcd.Mvcc.Tests.Watch;

/// <summary>The history of a store, with an action in the middle of each read.</summary>
internal sealed class ObservedHistory(IWatchHistory inner) : IWatchHistory
{
    public Action? AfterRead { get; set; }

    public long CurrentRevision => inner.CurrentRevision;

    public long CompactRevision => inner.CompactRevision;

    public bool TryReadEvents(
        long fromRevision,
        long toRevision,
        KeyFilter filter,
        long bytesMax,
        List<KeyEvent> events,
        out long lastRevision)
    {
        bool isRead = inner.TryReadEvents(fromRevision, toRevision, filter, bytesMax, events, out lastRevision);
        AfterRead?.Invoke();
        return isRead;
    }

    public bool TryGetAt(ReadOnlySpan<byte> key, long revision, out ReadOnlyMemory<byte> encodedKeyValue) =>
        inner.TryGetAt(key, revision, out encodedKeyValue);
}
