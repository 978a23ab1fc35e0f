using Etcd.Hosting.Logging;
using Etcd.Server.Compaction;
using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Settings;

/// <summary>The settings of one member as given on the command line and in the environment, or in a file. <see cref="SettingsTable"/> says what each
/// means and where it comes from; <see cref="SettingsValidation"/> checks how they fit together.</summary>
public sealed class MemberSettings
{
    /// <summary><c>--config-file</c>: what all other settings were read from; empty for flags and variables.</summary>
    public string ConfigurationFile { get; set; } = string.Empty;

    /// <summary><c>--name</c>.</summary>
    public string Name { get; set; } = "default";

    /// <summary><c>--data-dir</c>; empty stands for <c>NAME.etcd</c>.</summary>
    public string DataDirectory { get; set; } = string.Empty;

    /// <summary><c>--wal-dir</c>; empty keeps the log in the data directory.</summary>
    public string WalDirectory { get; set; } = string.Empty;

    /// <summary><c>--snapshot-count</c>.</summary>
    public ulong SnapshotCount { get; set; } = 100_000;

    /// <summary><c>--snapshot-catchup-entries</c>.</summary>
    public ulong SnapshotCatchUpEntries { get; set; } = 5_000;

    /// <summary><c>--heartbeat-interval</c>.</summary>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary><c>--election-timeout</c>.</summary>
    public TimeSpan ElectionTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary><c>--initial-election-tick-advance</c>.</summary>
    public bool InitialElectionTickAdvance { get; set; } = true;

    /// <summary><c>--listen-peer-urls</c>.</summary>
    public IReadOnlyList<Uri> ListenPeerUrls { get; set; } = [new("http://localhost:2380")];

    /// <summary><c>--listen-client-urls</c>.</summary>
    public IReadOnlyList<Uri> ListenClientUrls { get; set; } = [new("http://localhost:2379")];

    /// <summary><c>--listen-client-http-urls</c>; empty serves HTTP on the client URLs.</summary>
    public IReadOnlyList<Uri> ListenClientHttpUrls { get; set; } = [];

    /// <summary><c>--listen-metrics-urls</c>.</summary>
    public IReadOnlyList<Uri> ListenMetricsUrls { get; set; } = [];

    /// <summary><c>--max-snapshots</c>.</summary>
    public int SnapshotFilesMax { get; set; } = 5;

    /// <summary><c>--max-wals</c>.</summary>
    public int WalFilesMax { get; set; } = 5;

    /// <summary><c>--quota-backend-bytes</c>.</summary>
    public long QuotaBackendBytes { get; set; }

    /// <summary><c>--backend-batch-interval</c>; zero is the default of 100 ms.</summary>
    public TimeSpan BackendBatchInterval { get; set; }

    /// <summary><c>--backend-batch-limit</c>; zero is the default of 10,000.</summary>
    public int BackendBatchLimit { get; set; }

    /// <summary><c>--backend-reclaim-bytes-per-second</c>; zero switches it off.</summary>
    public long BackendReclaimBytesPerSecond { get; set; } = 10 << 20;

    /// <summary><c>--max-txn-ops</c>.</summary>
    public int TxnOperationsMax { get; set; } = 128;

    /// <summary><c>--max-request-bytes</c>.</summary>
    public int RequestBytesMax { get; set; } = 1_572_864;

    /// <summary><c>--max-reply-memory-bytes</c>: 0 is a part of the memory there is, a negative number is no bound.</summary>
    public long ReplyMemoryBytesMax { get; set; }

    /// <summary><c>--quota-alarm-disarm-percent</c>; 0 leaves it to an operator.</summary>
    public int QuotaAlarmDisarmPercent { get; set; }

    /// <summary><c>--limits-file</c>; empty for none.</summary>
    public string LimitsFile { get; set; } = string.Empty;

    /// <summary><c>--max-concurrent-streams</c>.</summary>
    public uint ConcurrentStreamsMax { get; set; } = uint.MaxValue;

    /// <summary><c>--grpc-keepalive-min-time</c>; zero allows clients any rate of pings.</summary>
    public TimeSpan ClientPingIntervalMin { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary><c>--grpc-keepalive-interval</c>; zero switches server pings off.</summary>
    public TimeSpan KeepAliveInterval { get; set; } = TimeSpan.FromHours(2);

    /// <summary><c>--grpc-keepalive-timeout</c>.</summary>
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary><c>--socket-reuse-port</c>.</summary>
    public bool SocketReusePort { get; set; }

    /// <summary><c>--socket-reuse-address</c>.</summary>
    public bool SocketReuseAddress { get; set; }

    /// <summary><c>--raft-read-timeout</c>; at least five seconds.</summary>
    public TimeSpan PeerReadTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary><c>--raft-write-timeout</c>; at least five seconds.</summary>
    public TimeSpan PeerWriteTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Gate <c>SetMemberLocalAddr</c>: whether connections to other members come from an address of <see cref="AdvertisePeerUrls"/>.</summary>
    public bool BindsToAdvertisedAddress { get; set; }

    /// <summary><c>--strict-reconfig-check</c>.</summary>
    public bool StrictReconfigCheck { get; set; } = true;

    /// <summary><c>--max-learners</c>.</summary>
    public int LearnersMax { get; set; } = 1;

    /// <summary>Lines an operator should see although the settings are usable.</summary>
    public IList<string> Warnings { get; } = [];

    /// <summary><c>--pre-vote</c>.</summary>
    public bool PreVote { get; set; } = true;

    /// <summary><c>--enable-v2</c>.</summary>
    public bool EnableV2 { get; set; } = true;

    /// <summary><c>--enable-grpc-gateway</c>.</summary>
    public bool EnableGateway { get; set; } = true;

    /// <summary><c>--cors</c>: origins of web pages whose scripts may use the member; <c>*</c> is all.</summary>
    public IReadOnlyList<string> CorsOrigins { get; set; } = ["*"];

    /// <summary><c>--host-whitelist</c>: host names under which HTTP without TLS is served; <c>*</c> is all.</summary>
    public IReadOnlyList<string> HostWhitelist { get; set; } = ["*"];

    /// <summary><c>--initial-advertise-peer-urls</c>.</summary>
    public IReadOnlyList<Uri> AdvertisePeerUrls { get; set; } = [new("http://localhost:2380")];

    /// <summary><c>--advertise-client-urls</c>.</summary>
    public IReadOnlyList<Uri> AdvertiseClientUrls { get; set; } = [new("http://localhost:2379")];

    /// <summary>Whether <c>--advertise-client-urls</c> was given.</summary>
    public bool AdvertiseClientUrlsGiven { get; set; }

    /// <summary>Whether <c>--listen-client-urls</c> was given.</summary>
    public bool ListenClientUrlsGiven { get; set; }

    /// <summary><c>--initial-cluster</c>; empty stands for this member alone, unless the members are discovered.</summary>
    public string InitialCluster { get; set; } = string.Empty;

    /// <summary><c>--initial-cluster-state</c>: whether a member without data joins a running cluster.</summary>
    public bool JoinsExistingCluster { get; set; }

    /// <summary><c>--initial-cluster-token</c>.</summary>
    public string InitialClusterToken { get; set; } = "etcd-cluster";

    /// <summary><c>--discovery</c>: URL with the token at a discovery service; <see langword="null"/> for none.</summary>
    public Uri? Discovery { get; set; }

    /// <summary><c>--discovery-proxy</c>: HTTP proxy on the way to it; <see langword="null"/> for that of the environment.</summary>
    public Uri? DiscoveryProxy { get; set; }

    /// <summary><c>--discovery-fallback</c>: whether <c>proxy</c> was asked for, which does not exist here.</summary>
    public bool DiscoveryFallsBackToProxy { get; set; }

    /// <summary><c>--discovery-token</c>, <c>--discovery-endpoints</c> and what belongs to them.</summary>
    public V3DiscoverySettings V3Discovery { get; } = new();

    /// <summary><c>--discovery-srv</c>: domain whose SRV records name the members; empty for none.</summary>
    public string DiscoverySrv { get; set; } = string.Empty;

    /// <summary><c>--discovery-srv-name</c>: suffix of the service's name in those records; empty for none.</summary>
    public string DiscoverySrvName { get; set; } = string.Empty;

    /// <summary><c>--auto-compaction-mode</c>.</summary>
    public string AutoCompactionModeText { get; set; } = "periodic";

    /// <summary><c>--auto-compaction-retention</c>.</summary>
    public string AutoCompactionRetention { get; set; } = "0";

    /// <summary>What the two auto-compaction settings mean together; set by <see cref="SettingsValidation"/>.</summary>
    public AutoCompactionOptions AutoCompaction { get; set; } = AutoCompactionOptions.Off;

    /// <summary><c>--compaction-batch-limit</c>.</summary>
    public int CompactionBatchLimit { get; set; } = 1_000;

    /// <summary><c>--compaction-sleep-interval</c>.</summary>
    public TimeSpan CompactionSleepInterval { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary><c>--watch-progress-notify-interval</c>.</summary>
    public TimeSpan WatchProgressInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Kind of tokens that users get.</summary>
    public string AuthToken { get; set; } = "simple";

    /// <summary>Cost of password hashes, as a power of two.</summary>
    public int BcryptCost { get; set; } = 10;

    /// <summary>Time without use after which a simple token ends.</summary>
    public TimeSpan AuthTokenTimeToLive { get; set; } = TimeSpan.FromSeconds(300);

    /// <summary>TLS of the ports for clients.</summary>
    public TlsSettings ClientTls { get; set; } = new();

    /// <summary>TLS of the port for peers, and towards them.</summary>
    public TlsSettings PeerTls { get; set; } = new();

    /// <summary><c>--self-signed-cert-validity</c>.</summary>
    public int SelfSignedValidityYears { get; set; } = 1;

    /// <summary><c>--cipher-suites</c>, by Go's names; none leaves the choice to OpenSSL.</summary>
    public IReadOnlyList<string> CipherSuites { get; set; } = [];

    /// <summary><c>--tls-min-version</c>.</summary>
    public string TlsVersionMin { get; set; } = "TLS1.2";

    /// <summary><c>--tls-max-version</c>; empty is the newest.</summary>
    public string TlsVersionMax { get; set; } = string.Empty;

    /// <summary><c>--experimental-initial-corrupt-check</c>.</summary>
    public bool InitialCorruptCheck { get; set; }

    /// <summary><c>--corrupt-check-time</c>; zero is never.</summary>
    public TimeSpan CorruptCheckInterval { get; set; }

    /// <summary><c>--experimental-compact-hash-check-enabled</c>.</summary>
    public bool CompactHashCheck { get; set; }

    /// <summary><c>--compact-hash-check-time</c>.</summary>
    public TimeSpan CompactHashCheckInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary><c>--memory-mlock</c>.</summary>
    public bool LocksMemory { get; set; }

    /// <summary><c>--bootstrap-defrag-threshold-megabytes</c>; 0 is never.</summary>
    public uint StartDefragmentationMegabytes { get; set; }

    /// <summary><c>--experimental-stop-grpc-service-on-defrag</c>.</summary>
    public bool IsUnhealthyWhileDefragmenting { get; set; }

    /// <summary><c>--experimental-enable-lease-checkpoint</c>.</summary>
    public bool LeaseCheckpoints { get; set; }

    /// <summary><c>--experimental-enable-lease-checkpoint-persist</c>.</summary>
    public bool LeaseCheckpointsPersist { get; set; }

    /// <summary><c>--experimental-own-http2</c>.</summary>
    public bool ServesHttp2Itself { get; set; } = true;

    /// <summary><c>--lease-checkpoint-interval</c>.</summary>
    public TimeSpan LeaseCheckpointInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary><c>--warning-apply-duration</c>.</summary>
    public TimeSpan WarningApplyDuration { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary><c>--warning-unary-request-duration</c>.</summary>
    public TimeSpan WarningUnaryRequestDuration { get; set; } = TimeSpan.FromMilliseconds(300);

    /// <summary><c>--metrics</c>: whether the times of calls are recorded by method.</summary>
    public bool MetricsAreExtensive { get; set; }

    /// <summary><c>--enable-pprof</c>.</summary>
    public bool EnableProfiling { get; set; }

    /// <summary><c>--enable-distributed-tracing</c>.</summary>
    public bool TracingEnabled { get; set; }

    /// <summary><c>--distributed-tracing-address</c>: host and port of a collector.</summary>
    public string TracingAddress { get; set; } = "localhost:4317";

    /// <summary><c>--distributed-tracing-service-name</c>.</summary>
    public string TracingServiceName { get; set; } = "etcd";

    /// <summary><c>--distributed-tracing-instance-id</c>; empty for none.</summary>
    public string TracingInstanceId { get; set; } = string.Empty;

    /// <summary><c>--distributed-tracing-sampling-rate</c>: traces in a million requests whose clients are not traced.</summary>
    public int TracingSamplesPerMillion { get; set; }

    /// <summary><c>--force-new-cluster</c>.</summary>
    public bool ForceNewCluster { get; set; }

    /// <summary><c>--unsafe-no-fsync</c>.</summary>
    public bool UnsafeNoSync { get; set; }

    /// <summary><c>--log-level</c>.</summary>
    public LogLevel LogLevel { get; set; } = LogLevel.Information;

    /// <summary><c>--log-outputs</c>.</summary>
    public IReadOnlyList<string> LogOutputs { get; set; } = ["default"];

    /// <summary><c>--log-format</c>.</summary>
    public LogFormat LogFormat { get; set; } = LogFormat.Json;

    /// <summary><c>--enable-log-rotation</c>.</summary>
    public bool EnableLogRotation { get; set; }

    /// <summary><c>--log-rotation-config-json</c>, as given.</summary>
    public string LogRotationText { get; set; } = LogRotationJson.Default;

    /// <summary>When the log file is put aside; <see langword="null"/> where it never is.</summary>
    public LogRotation? LogRotation { get; set; }
}
