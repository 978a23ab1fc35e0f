using Etcd.Server.Observation;

namespace Etcd.Api.Metrics;

/// <summary>The <c>etcd_disk_*</c> and <c>etcd_snap_*</c> metrics: what the disk is asked to do and how long it takes.</summary>
internal static class DiskMetrics
{
    internal static void AddTo(MetricsRegistry metrics, MemberReadings readings)
    {
        ServerInstruments counted = readings.Instruments;
        AddLog(metrics, counted);
        AddBackend(metrics, readings, counted);
        AddSnapshots(metrics, counted);
    }

    private static void AddLog(MetricsRegistry metrics, ServerInstruments counted)
    {
        metrics.AddHistogram(
            "etcd_disk_wal_fsync_duration_seconds", "The latency distributions of fsync called by WAL.", counted.WalSyncs);
        metrics.AddHistogram(
            "etcd_disk_wal_write_duration_seconds", "The latency distributions of write called by WAL.", counted.WalWrites);
        metrics.AddCounter(
            "etcd_disk_wal_stalls_total",
            "The total number of times the disk of the WAL has not answered for two election timeouts.",
            () => counted.LogStalls);
        metrics.AddGauge("etcd_disk_wal_write_bytes_total", "Total number of bytes written in WAL.", () => counted.WalBytes);
    }

    private static void AddBackend(MetricsRegistry metrics, MemberReadings readings, ServerInstruments counted)
    {
        metrics.AddHistogram(
            "etcd_disk_backend_commit_duration_seconds",
            "The latency distributions of commit called by backend.",
            counted.BackendCommits);
        metrics.AddHistogram(
            "etcd_disk_backend_defrag_duration_seconds", "The latency distribution of backend defragmentation.", counted.Defragmentations);
        metrics.AddHistogram(
            "etcd_disk_backend_snapshot_duration_seconds", "The latency distribution of backend snapshots.", counted.BackendSnapshots);
        metrics.AddGauge(
            "etcd_disk_defrag_inflight",
            "Whether or not defrag is active on the member. 1 means active, 0 means not.",
            () => counted.IsDefragmenting ? 1 : 0);
        metrics.AddGauge("etcd_server_quota_backend_bytes", "Current backend storage quota size in bytes.", () => readings.QuotaBytes);
        metrics.AddGauge(
            "etcd_mvcc_db_total_size_in_bytes",
            "Total size of the underlying database physically allocated in bytes.",
            () => readings.BackendBytes);
        metrics.AddGauge(
            "etcd_mvcc_db_total_size_in_use_in_bytes",
            "Total size of the underlying database logically in use in bytes.",
            () => readings.BackendInUseBytes);
        AddReclaiming(metrics, readings);
    }

    // Names of this server's own: etcd has nothing of the kind.
    private static void AddReclaiming(MetricsRegistry metrics, MemberReadings readings)
    {
        metrics.AddGauge(
            "etcd_debugging_mvcc_db_file_size_in_bytes",
            "Length of the database file in bytes, with the room behind its last page.",
            () => readings.BackendFileBytes);
        metrics.AddGauge(
            "etcd_debugging_mvcc_db_reclaim_active",
            "Whether free space of the database is being given back to the disk. 1 means active, 0 means not.",
            () => readings.BackendReclaimed.IsActive ? 1 : 0);
        metrics.AddCounter(
            "etcd_debugging_mvcc_db_reclaim_moved_bytes_total",
            "Total number of bytes moved from the end of the database file into free pages.",
            () => readings.BackendReclaimed.MovedBytes);
        metrics.AddCounter(
            "etcd_debugging_mvcc_db_reclaim_returned_bytes_total",
            "Total number of bytes by which the database file was cut.",
            () => readings.BackendReclaimed.ReturnedBytes);
    }

    private static void AddSnapshots(MetricsRegistry metrics, ServerInstruments counted)
    {
        metrics.AddHistogram(
            "etcd_snap_fsync_duration_seconds", "The latency distributions of fsync called by snap.", counted.SnapshotSyncs);
        metrics.AddHistogram(
            "etcd_snap_db_fsync_duration_seconds", "The latency distributions of fsyncing .snap.db file", counted.DatabaseSyncs);
        metrics.AddHistogram(
            "etcd_snap_db_save_total_duration_seconds", "The total latency distributions of v3 snapshot save", counted.DatabaseSaves);
        metrics.AddHistogram(
            "etcd_debugging_snap_save_total_duration_seconds",
            "The total latency distributions of save called by snapshot.",
            counted.SnapshotSaves);
        metrics.AddHistogram(
            "etcd_debugging_snap_save_marshalling_duration_seconds",
            "The marshalling cost distributions of save called by snapshot.",
            counted.SnapshotEncodings);
    }
}
