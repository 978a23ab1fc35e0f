using Etcd.Mvcc.Watch;

namespace Etcd.Simulation.PlantedBugs;

/// <summary>Now and then a watcher is told that what it needs was compacted, although it was not.</summary>
internal sealed class MadeUpCompaction : PlantedBug
{
    private const int EveryNotice = 20;

    private int _notices;

    public override WatchNotice? Tamper(in WatchNotice notice) =>
        notice.Kind == WatchNoticeKind.Events && ++_notices % EveryNotice == 0
            ? new WatchNotice { Kind = WatchNoticeKind.Compacted, WatchId = notice.WatchId, CompactRevision = notice.Revision + 1 }
            : notice;
}
