using Etcd.Mvcc;
using Etcd.Server.Offline;

namespace Etcd.Server.Observation;

/// <summary>Log lines of compactions, in etcd's wording.</summary>
internal sealed class CompactionLog(Backend backend, ServerLog log)
{
    internal void Began(long revision) => log.CompactingIndex(revision);

    internal void Finished(long revision, uint hash, TimeSpan took)
    {
        long size = backend.SizeBytes;
        long inUse = backend.InUseBytes;
        log.FinishedCompaction(revision, DurationText.Of(took), hash, size, ByteSize.Format(size), inUse, ByteSize.Format(inUse));
    }
}
