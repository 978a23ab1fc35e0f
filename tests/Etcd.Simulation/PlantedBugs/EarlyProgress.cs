using Etcd.Mvcc.Watch;

namespace Etcd.Simulation.PlantedBugs;

/// <summary>A progress notice names a revision that is yet to come.</summary>
internal sealed class EarlyProgress : PlantedBug
{
    public override WatchNotice? Tamper(in WatchNotice notice) =>
        notice.Kind == WatchNoticeKind.Progress ? notice with { Revision = notice.Revision + 1 } : notice;
}
