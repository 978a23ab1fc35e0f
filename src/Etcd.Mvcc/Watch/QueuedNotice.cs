namespace Etcd.Mvcc.Watch;

/// <summary>A notice without events that waits in a <see cref="StreamQueue"/>.</summary>
internal sealed class QueuedNotice(WatchNotice notice)
{
    public WatchNotice Notice { get; } = notice;
}
