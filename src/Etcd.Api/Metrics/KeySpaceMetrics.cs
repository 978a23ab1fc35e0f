using Etcd.Mvcc;
using Etcd.Server.Observation;

namespace Etcd.Api.Metrics;

/// <summary>The <c>etcd_mvcc_*</c> and <c>etcd_debugging_mvcc_*</c> metrics of the key space.</summary>
internal static class KeySpaceMetrics
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    internal static void AddTo(MetricsRegistry metrics, MemberReadings readings)
    {
        AddState(metrics, readings);
        AddOperations(metrics, readings.Store);
        AddCompactions(metrics, readings.Instruments.Compactions);
        metrics.AddHistogram(
            "etcd_mvcc_hash_duration_seconds", "The latency distribution of storage hash operation.", readings.Instruments.Hashes);
        metrics.AddHistogram(
            "etcd_mvcc_hash_rev_duration_seconds",
            "The latency distribution of storage hash by revision operation.",
            readings.Instruments.RevisionHashes);
    }

    private static void AddState(MetricsRegistry metrics, MemberReadings readings)
    {
        metrics.AddGauge("etcd_debugging_mvcc_keys_total", "Total number of keys.", () => readings.KeyCount);
        metrics.AddGauge("etcd_debugging_mvcc_current_revision", "The current revision of store.", () => readings.CurrentRevision);
        metrics.AddGauge(
            "etcd_debugging_mvcc_compact_revision", "The revision of the last compaction in store.", () => readings.CompactRevision);
        metrics.AddGauge("etcd_debugging_auth_revision", "The current revision of auth store.", () => readings.AuthRevision);
    }

    private static void AddOperations(MetricsRegistry metrics, StoreFigures store)
    {
        metrics.AddCounter("etcd_mvcc_range_total", "Total number of ranges seen by this member.", () => store.Ranges);
        metrics.AddCounter("etcd_debugging_mvcc_range_total", "Total number of ranges seen by this member.", () => store.Ranges);
        metrics.AddCounter("etcd_mvcc_put_total", "Total number of puts seen by this member.", () => store.Puts);
        metrics.AddCounter("etcd_mvcc_delete_total", "Total number of deletes seen by this member.", () => store.Deletes);
        metrics.AddCounter("etcd_mvcc_txn_total", "Total number of txns seen by this member.", () => store.Txns);
        metrics.AddGauge(
            "etcd_debugging_mvcc_total_put_size_in_bytes", "The total size of put kv pairs seen by this member.", () => store.PutBytes);
    }

    private static void AddCompactions(MetricsRegistry metrics, CompactionFigures compactions)
    {
        metrics.AddCounter(
            "etcd_debugging_mvcc_db_compaction_keys_total", "Total number of db keys compacted.", () => compactions.KeysDeleted);
        metrics.AddGauge(
            "etcd_debugging_mvcc_db_compaction_last",
            "The unix time of the last db compaction. Resets to 0 on start.",
            () => compactions.LastUnixSeconds);
        metrics.AddHistogram(
            "etcd_debugging_mvcc_db_compaction_pause_duration_milliseconds",
            "Bucketed histogram of db compaction pause duration.",
            Millisecond,
            compactions.FilePauses);
        metrics.AddHistogram(
            "etcd_debugging_mvcc_db_compaction_total_duration_milliseconds",
            "Bucketed histogram of db compaction total duration.",
            Millisecond,
            compactions.Totals);
        metrics.AddHistogram(
            "etcd_debugging_mvcc_index_compaction_pause_duration_milliseconds",
            "Bucketed histogram of index compaction pause duration.",
            Millisecond,
            compactions.IndexPauses);
    }
}
