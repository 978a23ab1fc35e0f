using Etcd.Auth;

using Microsoft.Extensions.Logging;

using static Etcd.Hosting.Settings.Setting;

namespace Etcd.Hosting.Settings;

/// <summary>Every setting of the server.</summary>
public static class SettingsTable
{
    private const string Member = "Member";
    private const string Clustering = "Clustering";
    private const string Auth = "Auth";
    private const string Monitoring = "Profiling and Monitoring";
    private const string Logging = "Logging";
    private const string Features = "Features";
    private const string Unsafe = "Unsafe feature";

    /// <summary>The settings, in the order of the help text: group by group.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        .. new[] { Available(), V3DiscoveryTable.All, SecuritySettings.All, UnavailableSettings.All, RetiredSettings.All }
            .SelectMany(part => part).GroupBy(setting => setting.Group).SelectMany(group => group),
    ];

    private static Setting[] Available() =>
    [
        Text(Member, "config-file", "", "Path to the server configuration file (YAML or JSON). All other flags and variables are ignored then.",
            (s, v) => s.ConfigurationFile = v),
        Text(Member, "name", "default", "Human-readable name for this member.", (s, v) => s.Name = v),
        Text(Member, "data-dir", "${name}.etcd", "Path to the data directory.", (s, v) => s.DataDirectory = v),
        Text(Member, "wal-dir", "", "Path to the dedicated wal directory.", (s, v) => s.WalDirectory = v),
        Number(Member, "snapshot-count", "100000", "Number of committed transactions to trigger a snapshot to disk.",
            (s, v) => s.SnapshotCount = ValueParsers.UInt64(v)),
        Number(Member, "heartbeat-interval", "100", "Time (in milliseconds) of a heartbeat interval.",
            (s, v) => s.HeartbeatInterval = ValueParsers.Milliseconds(v)),
        Number(Member, "election-timeout", "1000", "Time (in milliseconds) for an election to timeout.",
            (s, v) => s.ElectionTimeout = ValueParsers.Milliseconds(v)),
        Switch(Member, "initial-election-tick-advance", "true", "Whether to fast-forward initial election ticks on boot for faster election.",
            (s, v) => s.InitialElectionTickAdvance = v),
        Text(Member, "listen-peer-urls", "http://localhost:2380", "List of URLs to listen on for peer traffic.",
            (s, v) => s.ListenPeerUrls = ValueParsers.Urls(v)),
        Text(Member, "listen-client-urls", "http://localhost:2379", "List of URLs to listen on for client traffic: gRPC and HTTP on the same port.",
            (s, v) =>
            {
                s.ListenClientUrls = ValueParsers.Urls(v);
                s.ListenClientUrlsGiven = true;
            }),
        Text(Member, "listen-client-http-urls", "",
            "List of URLs to listen on for HTTP-only client traffic. Giving it removes HTTP from --listen-client-urls.",
            (s, v) => s.ListenClientHttpUrls = v.Length > 0 ? ValueParsers.Urls(v) : []),
        Number(Member, "max-snapshots", "5", "Maximum number of snapshot files to retain (0 is unlimited).",
            (s, v) => s.SnapshotFilesMax = ValueParsers.Count(v)),
        Number(Member, "max-wals", "5", "Maximum number of wal files to retain (0 is unlimited).",
            (s, v) => s.WalFilesMax = ValueParsers.Count(v)),
        Number(Member, "quota-backend-bytes", "0",
            "Space quota of the backend in bytes: exceeding it raises an alarm and stops writes. 0 is 2 GiB, a negative number is no quota.",
            (s, v) => s.QuotaBackendBytes = ValueParsers.Int64(v)),
        Number(Member, "quota-alarm-disarm-percent", "0",
            "Size of the backend, in percent of its quota, below which a member takes its own alarm about space back; 0 leaves that to an operator.",
            (s, v) => s.QuotaAlarmDisarmPercent = ValueParsers.Count(v) is <= 99 and int percent ? percent : throw new FormatException("value out of range")),
        FreelistType("backend-bbolt-freelist-type",
            "How bbolt keeps its list of free pages in memory: array or map. It does not show in the file, and the list kept here serves both."),
        FreelistType("experimental-backend-bbolt-freelist-type", "Earlier name of --backend-bbolt-freelist-type."),
        Duration(Member, "backend-batch-interval", "", "Maximum time before the backend transaction is committed (empty or 0 is 100ms).",
            (s, v) => s.BackendBatchInterval = v),
        Number(Member, "backend-batch-limit", "0", "Maximum operations before the backend transaction is committed (0 is 10000).",
            (s, v) => s.BackendBatchLimit = ValueParsers.Int32(v)),
        Number(Member, "backend-reclaim-bytes-per-second", "10485760",
            "Bytes that may be written in a second to move data from the end of the backend file into free pages and give the end back to the disk (0 is off).",
            (s, v) => s.BackendReclaimBytesPerSecond = (long)Math.Min(ValueParsers.UInt64(v), long.MaxValue)),
        Number(Member, "max-txn-ops", "128", "Maximum number of operations permitted in a transaction.",
            (s, v) => s.TxnOperationsMax = ValueParsers.Count(v)),
        Number(Member, "max-request-bytes", "1572864", "Maximum client request size in bytes the server will accept.",
            (s, v) => s.RequestBytesMax = ValueParsers.Count(v)),
        Number(Member, "max-reply-memory-bytes", "0",
            "Memory in bytes that large replies may hold together; more wait for a moment, then are refused. 0 is a quarter of what the process may use, a negative number is no bound.",
            (s, v) => s.ReplyMemoryBytesMax = ValueParsers.Int64(v)),
        Text(Member, "limits-file", "",
            "Path to a file (YAML or JSON) of rates of users and roles and quotas of prefixes. It is read again when it changes.",
            (s, v) => s.LimitsFile = v),
        Switch(Member, "enable-grpc-gateway", "true", "Whether to serve the v3 API as JSON below /v3/.", (s, v) => s.EnableGateway = v),
        Number(Member, "max-concurrent-streams", "math.MaxUint32", "Maximum concurrent streams that each client can open at a time.",
            (s, v) => s.ConcurrentStreamsMax = ValueParsers.UInt32(v)),
        Duration(Member, "grpc-keepalive-min-time", "5s",
            "Minimum duration interval that a client should wait before pinging server (0 to allow any rate).",
            (s, v) => s.ClientPingIntervalMin = v),
        Duration(Member, "grpc-keepalive-interval", "2h",
            "Frequency duration of server-to-client ping to check if a connection is alive (0 to disable).",
            (s, v) => s.KeepAliveInterval = v),
        Duration(Member, "grpc-keepalive-timeout", "20s", "Additional duration of wait before closing a non-responsive connection.",
            (s, v) => s.KeepAliveTimeout = v),
        Switch(Member, "socket-reuse-port", "false", "Set SO_REUSEPORT on listeners, so that several processes may listen on one port.",
            (s, v) => s.SocketReusePort = v) with { FileKey = "socket-options.reuse-port" },
        Switch(Member, "socket-reuse-address", "false", "Set SO_REUSEADDR on listeners, allowing to bind an address in TIME_WAIT state.",
            (s, v) => s.SocketReuseAddress = v) with { FileKey = "socket-options.reuse-address" },
        Duration(Member, "raft-read-timeout", "5s", "Read timeout of each connection between members; below 5s it is 5s.",
            (s, v) => s.PeerReadTimeout = ValueParsers.PeerTimeout(v)),
        Duration(Member, "raft-write-timeout", "5s", "Write timeout of each connection between members; below 5s it is 5s.",
            (s, v) => s.PeerWriteTimeout = ValueParsers.PeerTimeout(v)),

        Text(Clustering, "initial-advertise-peer-urls", "http://localhost:2380",
            "List of this member's peer URLs to advertise to the rest of the cluster.",
            (s, v) => s.AdvertisePeerUrls = ValueParsers.Urls(v)),
        Text(Clustering, "initial-cluster", "default=http://localhost:2380", "Initial cluster configuration for bootstrapping.",
            (s, v) => s.InitialCluster = v),
        Text(Clustering, "initial-cluster-state", "new",
            "Initial cluster state: 'new' founds a cluster, 'existing' joins a running one. Ignored once the member has data.",
            ParseClusterState),
        Text(Clustering, "initial-cluster-token", "etcd-cluster", "Initial cluster token for the etcd cluster during bootstrap.",
            (s, v) => s.InitialClusterToken = v),
        Text(Clustering, "discovery", "",
            "URL with a token at a discovery service (the protocol of etcd 3.5): the members that come there found the cluster.",
            (s, v) => s.Discovery = v.Length > 0 ? ValueParsers.HttpUrl(v) : null),
        Text(Clustering, "discovery-proxy", "", "HTTP proxy on the way to the discovery service; empty is that of the environment.",
            (s, v) => s.DiscoveryProxy = v.Length == 0 ? null
                : ValueParsers.HttpUrl(v.Contains("://", StringComparison.Ordinal) ? v : $"http://{v}")),
        Text(Clustering, "discovery-fallback", "exit",
            "What to do when the cluster of the token is full: exit. 'proxy' is refused with --discovery: there is no v2 proxy.",
            (s, v) => s.DiscoveryFallsBackToProxy = v switch
            {
                "exit" => false,
                "proxy" => true,
                _ => throw new FormatException("invalid value"),
            }),
        Text(Clustering, "discovery-srv", "",
            "Domain whose SRV records _etcd-server-ssl._tcp and _etcd-server._tcp name the members of the cluster to found.",
            (s, v) => s.DiscoverySrv = v),
        Text(Clustering, "discovery-srv-name", "", "Suffix of the service's name in those records: _etcd-server-NAME._tcp.",
            (s, v) => s.DiscoverySrvName = v),
        Text(Clustering, "advertise-client-urls", "http://localhost:2379",
            "List of this member's client URLs to advertise to the public.",
            (s, v) =>
            {
                s.AdvertiseClientUrls = ValueParsers.Urls(v);
                s.AdvertiseClientUrlsGiven = true;
            }),
        Switch(Clustering, "strict-reconfig-check", "true", "Reject reconfiguration requests that would cause quorum loss.",
            (s, v) => s.StrictReconfigCheck = v),
        Switch(Clustering, "pre-vote", "true", "Enable to run an additional Raft election phase.", (s, v) => s.PreVote = v),
        Text(Clustering, "auto-compaction-retention", "0", "Auto compaction retention length. 0 means disable auto compaction.",
            (s, v) => s.AutoCompactionRetention = v),
        Text(Clustering, "auto-compaction-mode", "periodic",
            "Interpret 'auto-compaction-retention' one of: periodic|revision. 'periodic' counts hours if no time unit is given.",
            (s, v) => s.AutoCompactionModeText = v),

        Switch(Clustering, "enable-v2", "true", "Serve the v2 API (/v2/keys and what belongs to it) on the client URLs.", (s, v) => s.EnableV2 = v),

        Text(Auth, "auth-token", "simple",
            "Kind of the tokens users get by logging in: simple, or jwt,sign-method=...,pub-key=...,priv-key=...,ttl=... "
            + "(RS, PS, HS and ES with 256, 384 and 512 bits, EdDSA).",
            (s, v) => s.AuthToken = v),
        Number(Auth, "bcrypt-cost", "10", "Cost of password hashes, 4 to 31: each step doubles the time of a login.",
            (s, v) => s.BcryptCost = ValueParsers.BcryptCost(v)),
        Number(Auth, "auth-token-ttl", "300", "Time (in seconds) without use after which a simple token ends (0 is 300).",
            (s, v) => s.AuthTokenTimeToLive = ValueParsers.Count(v) is > 0 and int seconds
                ? TimeSpan.FromSeconds(seconds)
                : SimpleTokens.TimeToLiveDefault),

        Text(Monitoring, "listen-metrics-urls", "", "List of URLs to listen on for the /metrics and /health endpoints.",
            (s, v) => s.ListenMetricsUrls = v.Length > 0 ? ValueParsers.Urls(v) : []),

        Switch(Monitoring, "enable-pprof", "false",
            "Serve profiles of the program under /debug/pprof/ on the client URLs, for .NET's tools.", (s, v) => s.EnableProfiling = v),
        .. Feature(Switch(Monitoring, "enable-distributed-tracing", "false",
            "Send traces of requests to a collector (OpenTelemetry, OTLP over gRPC).", (s, v) => s.TracingEnabled = v)),
        .. Feature(Text(Monitoring, "distributed-tracing-address", "localhost:4317", "Host and port of the collector.", ParseTracingAddress)),
        .. Feature(Text(Monitoring, "distributed-tracing-service-name", "etcd", "Name of the service in traces, the same for all members.",
            (s, v) => s.TracingServiceName = v.Length > 0 ? v : throw new FormatException("must not be empty"))),
        .. Feature(Text(Monitoring, "distributed-tracing-instance-id", "", "Id of this member in traces, its own for each.",
            (s, v) => s.TracingInstanceId = v)),
        .. Feature(Number(Monitoring, "distributed-tracing-sampling-rate", "0",
            "Of a million requests whose clients are not traced, how many are traced (0 to 1000000).",
            (s, v) => s.TracingSamplesPerMillion = ValueParsers.Int32(v))),
        Text(Monitoring, "metrics", "basic",
            "Level of detail of the metrics: 'extensive' adds the times of calls by method (grpc_server_handling_seconds).", ParseMetrics),

        Text(Logging, "logger", "zap", "The one logger: structured lines of JSON.", ParseLogger),
        Texts(Logging, "log-outputs", "default", "Comma-separated list of stderr, stdout, systemd/journal and file paths; 'default' is stderr.",
            (s, v) => s.LogOutputs = v),
        Texts(Logging, "log-output", "default", "Earlier name of --log-outputs.", (s, v) => s.LogOutputs = v),
        Text(Logging, "log-level", "info", "Log level: debug, info, warn, error, panic, or fatal.",
            (s, v) => s.LogLevel = ValueParsers.Level(v)),
        Switch(Logging, "debug", "false", "Earlier way to say --log-level=debug.", (s, v) => s.LogLevel = v ? LogLevel.Debug : s.LogLevel),
        Text(Logging, "log-format", "json", "Form of log lines: json, or console for people.", (s, v) => s.LogFormat = ValueParsers.LogFormat(v)),
        Switch(Logging, "enable-log-rotation", "false", "Put the one log file of --log-outputs aside when it has reached its size.",
            (s, v) => s.EnableLogRotation = v),
        Text(Logging, "log-rotation-config-json", LogRotationJson.Default,
            "When the log file is put aside: maxsize in MiB; maxage in days and maxbackups, 0 keeps all; localtime for names; compress with gzip.",
            (s, v) => s.LogRotationText = v),

        .. Feature(Number(Features, "compaction-batch-limit", "1000", "Maximum revisions deleted in one slice of a compaction.",
            (s, v) => s.CompactionBatchLimit = ValueParsers.Int32(v))),
        .. Feature(Duration(Features, "compaction-sleep-interval", "10ms", "Pause between two slices of a compaction.",
            (s, v) => s.CompactionSleepInterval = v)),
        .. Feature(Duration(Features, "watch-progress-notify-interval", "10m", "Idle time after which a watcher that asked for it is told its progress.",
            (s, v) => s.WatchProgressInterval = v)),
        .. Feature(Duration(Features, "warning-apply-duration", "100ms", "Time to apply a request above which a warning is logged.",
            (s, v) => s.WarningApplyDuration = v)),
        .. Feature(Duration(Features, "warning-unary-request-duration", "300ms", "Time of a call above which a warning is logged.",
            (s, v) => s.WarningUnaryRequestDuration = v)),
        .. Feature(Number(Features, "snapshot-catchup-entries", "5000", "Applied log entries kept in memory for members that lag behind.",
            (s, v) => s.SnapshotCatchUpEntries = ValueParsers.UInt64(v))),
        .. Feature(Number(Features, "max-learners", "1", "Number of learners the cluster may have at a time.",
            (s, v) => s.LearnersMax = ValueParsers.Positive(v))),

        Switch(Features, "experimental-initial-corrupt-check", "false",
            "Compare a restarted member's data with that of the others before it serves, and refuse to start if it differs.",
            (s, v) => s.InitialCorruptCheck = v),
        .. Feature(Duration(Features, "corrupt-check-time", "0s",
            "Time between two comparisons of all members' keys by the leader; each reads all keys. 0s is never.",
            (s, v) => s.CorruptCheckInterval = v >= TimeSpan.Zero ? v : throw new FormatException("must be >=0"))),
        Switch(Features, "experimental-compact-hash-check-enabled", "false",
            "Compare the hashes that all members take of a compaction, on the leader.", (s, v) => s.CompactHashCheck = v),
        .. Feature(Duration(Features, "compact-hash-check-time", "1m", "Time between two comparisons of hashes of compactions.",
            (s, v) => s.CompactHashCheckInterval = v)),

        .. Feature(Switch(Features, "memory-mlock", "false",
            "Keep in memory what the process has touched, its database among it: nothing is paged out. A start without the right to do so (CAP_IPC_LOCK or ulimit -l) fails.",
            (s, v) => s.LocksMemory = v)),
        .. Feature(Number(Features, "bootstrap-defrag-threshold-megabytes", "0",
            "Free megabytes in the database from which on a start makes the file smaller; 0 is never.",
            (s, v) => s.StartDefragmentationMegabytes = ParseMegabytes(v))),
        Switch(Features, "experimental-stop-grpc-service-on-defrag", "false",
            "Have the gRPC health service say NOT_SERVING during defragmentation, so that clients and balancers that ask it turn to other members. Calls are served all the same.",
            (s, v) => s.IsUnhealthyWhileDefragmenting = v),
        Switch(Features, "experimental-enable-lease-checkpoint", "false",
            "Have all members know what is left of long leases, so that a new leader does not give them their whole life again.",
            (s, v) => s.LeaseCheckpoints = v),
        Switch(Features, "experimental-enable-lease-checkpoint-persist", "false",
            "Keep that over a restart too; needs --experimental-enable-lease-checkpoint.", (s, v) => s.LeaseCheckpointsPersist = v),
        Switch(Features, "experimental-own-http2", "true",
            "Serve RPCs in clear text by an HTTP/2 of this server's own; false has Kestrel serve them, with more hand-overs between threads for each call. Not a flag of etcd.",
            (s, v) => s.ServesHttp2Itself = v),
        Duration(Features, "lease-checkpoint-interval", "5m",
            "How often the members are told of each lease that is longer than this; not a flag of etcd, whose interval is fixed.",
            (s, v) => s.LeaseCheckpointInterval = v > TimeSpan.Zero ? v : throw new FormatException("must be >0")),

        Text(Features, "feature-gates", "", $"Comma-separated list of NAME=true or NAME=false: AllAlpha, AllBeta, {FeatureGates.Names}.",
            FeatureGates.Apply),

        Switch(Unsafe, "force-new-cluster", "false",
            "Make a member with data the whole cluster, all others removed: the last resort when the quorum is lost.",
            (s, v) => s.ForceNewCluster = v),
        Switch(Unsafe, "unsafe-no-fsync", "false", "Disables fsync: unsafe, acknowledged writes are lost with the machine.",
            (s, v) => s.UnsafeNoSync = v),
    ];

    /// <summary>A setting that etcd 3.5 knows under an <c>experimental-</c> name and later releases without.</summary>
    private static Setting[] Feature(Setting setting) =>
        [setting, setting with { Name = $"experimental-{setting.Name}", Description = $"Earlier name of --{setting.Name}." }];

    private static void ParseClusterState(MemberSettings settings, string text) =>
        settings.JoinsExistingCluster = text switch
        {
            "new" => false,
            "existing" => true,
            _ => throw new FormatException("invalid value"),
        };

    private static Setting FreelistType(string name, string description) =>
        Text(Member, name, "map", description, (settings, text) =>
        {
            switch (text)
            {
                case "map":
                    break;
                case "array":
                    settings.Warnings.Add($"--{name}={text} has no effect: the list of free pages kept here serves both");
                    break;
                default:
                    throw new FormatException("must be array or map");
            }
        });

    private static void ParseTracingAddress(MemberSettings settings, string text) =>
        settings.TracingAddress = text.Contains(':', StringComparison.Ordinal) && Uri.TryCreate($"http://{text}", UriKind.Absolute, out _)
            ? text
            : throw new FormatException("must be host:port");

    private static uint ParseMegabytes(string text) =>
        ValueParsers.UInt64(text) is var megabytes and <= uint.MaxValue ? (uint)megabytes : throw new FormatException("value out of range");

    private static void ParseMetrics(MemberSettings settings, string text) =>
        settings.MetricsAreExtensive = text switch
        {
            "basic" => false,
            "extensive" => true,
            _ => throw new FormatException("must be basic or extensive"),
        };

    private static void ParseLogger(MemberSettings settings, string text)
    {
        if (text != "zap")
        {
            throw new SettingsException(
                text == "capnslog" ? "--logger=capnslog is removed in v3.5" : $"unknown logger option \"{text}\"");
        }
    }
}
