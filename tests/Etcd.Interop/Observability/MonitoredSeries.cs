namespace Etcd.Interop.Observability;

/// <summary>One look that etcd's public alert rules or its Grafana dashboard take at a member.</summary>
/// <param name="Use">Who looks.</param>
/// <param name="Name">Name of the series.</param>
/// <param name="Labels">Labels that are chosen by, or that the result is told apart by.</param>
internal sealed record MonitoredSeries(string Use, string Name, params string[] Labels)
{
    private const string Unary = "grpc_type=\"unary\"";
    private const string Bidi = "grpc_type=\"bidi_stream\"";

    /// <summary>Series that move while clients work with a cluster.</summary>
    public static IReadOnlyList<MonitoredSeries> MovedByLoad { get; } =
    [
        new("dashboard: rate of calls", "grpc_server_started_total", Unary),
        new("dashboard: watch streams", "grpc_server_started_total", "grpc_service=\"etcdserverpb.Watch\"", Bidi),
        new("dashboard: watch streams", "grpc_server_handled_total", "grpc_service=\"etcdserverpb.Watch\"", Bidi),
        new("dashboard: lease streams", "grpc_server_started_total", "grpc_service=\"etcdserverpb.Lease\"", Bidi),
        new("dashboard: lease streams", "grpc_server_handled_total", "grpc_service=\"etcdserverpb.Lease\"", Bidi),
        new("alert: HighNumberOfFailedGRPCRequests", "grpc_server_handled_total", "grpc_method=\"Put\"", "grpc_code=\"OK\"", Unary),
        new("alert: HighNumberOfFailedGRPCRequests", "grpc_server_handled_total", "grpc_method=\"Compact\"", "grpc_code=\"OutOfRange\"", Unary),
        new("alert: GRPCRequestsSlow", "grpc_server_handling_seconds_bucket", "grpc_method=\"Put\"", Unary, "le=\"+Inf\""),
        new("dashboard: disk sync", "etcd_disk_wal_fsync_duration_seconds_bucket", "le=\"+Inf\""),
        new("alert: HighCommitDurations; dashboard: disk sync", "etcd_disk_backend_commit_duration_seconds_bucket", "le=\"8.192\""),
        new("alert: DatabaseQuotaLowSpace; dashboard: size", "etcd_mvcc_db_total_size_in_bytes"),
        new("alert: DatabaseHighFragmentationRatio", "etcd_mvcc_db_total_size_in_use_in_bytes"),
        new("dashboard: memory", "process_resident_memory_bytes"),
        new("dashboard: client traffic in", "etcd_network_client_grpc_received_bytes_total"),
        new("dashboard: client traffic out", "etcd_network_client_grpc_sent_bytes_total"),
        new("dashboard: peer traffic in", "etcd_network_peer_received_bytes_total", "From=\""),
        new("dashboard: peer traffic out", "etcd_network_peer_sent_bytes_total", "To=\""),
        new("alert: MemberCommunicationSlow; dashboard: round trips", "etcd_network_peer_round_trip_time_seconds_bucket", "To=\"", "le=\""),
        new("dashboard: proposals", "etcd_server_proposals_committed_total"),
        new("dashboard: proposals", "etcd_server_proposals_applied_total"),
    ];

    /// <summary>Series that move when another member begins to lead.</summary>
    public static IReadOnlyList<MonitoredSeries> MovedByElection { get; } =
    [
        new("alert: HighNumberOfLeaderChanges; dashboard: elections", "etcd_server_leader_changes_seen_total"),
    ];

    /// <summary>Series that move when the others go away.</summary>
    public static IReadOnlyList<MonitoredSeries> MovedByLostQuorum { get; } =
    [
        new("alert: NoLeader; dashboard: up", "etcd_server_has_leader"),
        new("alert: MembersDown", "etcd_network_peer_sent_failures_total", "To=\""),
        new("alert: HighNumberOfFailedProposals", "etcd_server_proposals_failed_total"),
        new("alert: HighNumberOfFailedGRPCRequests", "grpc_server_handled_total", "grpc_method=\"Put\"", "grpc_code=\"Unavailable\"", Unary),
    ];

    /// <summary>Series that are there from the start, and that these tests have no safe way to move: the quota is a setting, a proposal is pending
    /// for less time than a look takes, and most failures need a member that is broken.</summary>
    public static IReadOnlyList<MonitoredSeries> AlwaysThere { get; } =
    [
        new("alert: DatabaseQuotaLowSpace, ExcessiveDatabaseGrowth", "etcd_server_quota_backend_bytes"),
        new("dashboard: proposals", "etcd_server_proposals_pending"),
        .. new[] { "Unknown", "FailedPrecondition", "ResourceExhausted", "Internal", "Unavailable", "DataLoss", "DeadlineExceeded" }.Select(
            code => new MonitoredSeries("alert: HighNumberOfFailedGRPCRequests", "grpc_server_handled_total", $"grpc_code=\"{code}\"", Unary)),
    ];

    public override string ToString() => $"{Use}: {Name}{{{string.Join(',', Labels)}}}";
}
