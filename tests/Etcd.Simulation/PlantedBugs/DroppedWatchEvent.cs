using Etcd.Mvcc.Watch;

namespace Etcd.Simulation.PlantedBugs;

/// <summary>Now and then a watcher is not told of a revision.</summary>
internal sealed class DroppedWatchEvent : PlantedBug
{
    private const int EveryNotice = 20;

    private int _notices;

    public override WatchNotice? Tamper(in WatchNotice notice) =>
        notice.Kind == WatchNoticeKind.Events && ++_notices % EveryNotice == 0 ? null : notice;
}
