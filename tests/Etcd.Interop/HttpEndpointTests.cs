using Etcd.Testing.Processes;

namespace Etcd.Interop;

/// <summary>What monitoring reads over HTTP, fetched with curl.</summary>
public class HttpEndpointTests(SharedServers servers)
{
    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Health_ReadyServer_IsTrue(ServerKind kind)
    {
        CommandOutcome outcome = await CurlAsync(kind, "/health");

        Assert.Equal("{\"health\":\"true\",\"reason\":\"\"}", outcome.Output);
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Version_Asked_TellsTheLevelItSpeaks(ServerKind kind)
    {
        CommandOutcome outcome = await CurlAsync(kind, "/version");

        Assert.Equal("{\"etcdserver\":\"3.5.30\",\"etcdcluster\":\"3.5.0\"}", outcome.Output);
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Health_WrongMethod_IsRefused(ServerKind kind)
    {
        CommandOutcome outcome = await CurlAsync(kind, "/health", "-X", "POST", "-o", "/dev/null", "-w", "%{http_code}");

        Assert.Equal("405", outcome.Output);
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task UnknownPath_Asked_IsNotFound(ServerKind kind)
    {
        CommandOutcome outcome = await CurlAsync(kind, "/no/such/path", "-o", "/dev/null", "-w", "%{http_code}");

        Assert.Equal("404", outcome.Output);
    }

    // The names that etcd's own alerts and dashboard use.
    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Metrics_Asked_HaveWhatAlertsAreMadeOf(ServerKind kind)
    {
        string[] names =
        [
            "etcd_server_has_leader", "etcd_server_leader_changes_seen_total", "etcd_server_proposals_committed_total",
            "etcd_server_proposals_applied_total", "etcd_server_proposals_pending", "etcd_server_proposals_failed_total",
            "etcd_server_quota_backend_bytes", "etcd_disk_wal_fsync_duration_seconds_bucket",
            "etcd_disk_backend_commit_duration_seconds_bucket", "etcd_mvcc_db_total_size_in_bytes",
            "etcd_mvcc_db_total_size_in_use_in_bytes", "etcd_network_client_grpc_received_bytes_total",
            "etcd_network_client_grpc_sent_bytes_total", "process_resident_memory_bytes", "grpc_server_handled_total",
        ];

        CommandOutcome outcome = await CurlAsync(kind, "/metrics");

        Assert.DoesNotContain(names, name => !outcome.Output.Contains($"\n{name}", StringComparison.Ordinal));
    }

    private async Task<CommandOutcome> CurlAsync(ServerKind kind, string path, params string[] options)
    {
        EtcdServer server = await servers.GetAsync(kind);
        CommandOutcome outcome = await new Command("/usr/bin/curl", ["--silent", "--show-error", .. options, $"http://{server.Endpoint}{path}"])
            .RunAsync(TestContext.Current.CancellationToken);
        return outcome.MustSucceed();
    }
}
