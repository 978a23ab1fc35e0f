namespace Etcd.Hosting.Settings;

/// <summary>Settings of etcd for what this release does not do. Each is taken at the values that ask for nothing, so that complete unit
/// files and scripts start; any other value is refused with the reason, since a setting that is ignored misleads.</summary>
internal static class UnavailableSettings
{
    private const string Group = "Not in this release";

    private const string NoTls = "there is no TLS on the ports";
    private const string NoDiscovery = "a cluster is founded with --initial-cluster only";
    private const string NoProxy = "there is no v2 proxy";
    private const string NoTraces = "no traces are sent";
    private const string NoHashChecks = "members do not compare hashes by themselves";
    private const string NoCheckpoints = "the remaining life of leases is not replicated";

    private static readonly string[] TlsTexts =
    [
        "cert-file", "key-file", "client-cert-file", "client-key-file", "client-crl-file", "client-cert-allowed-hostname", "trusted-ca-file",
        "peer-cert-file", "peer-key-file", "peer-client-cert-file", "peer-client-key-file", "peer-crl-file", "peer-cert-allowed-cn",
        "peer-cert-allowed-hostname", "peer-trusted-ca-file", "cipher-suites", "tls-max-version",
    ];

    private static readonly string[] TlsSwitches = ["client-cert-auth", "auto-tls", "peer-client-cert-auth", "peer-auto-tls"];

    internal static IReadOnlyList<Setting> All { get; } =
    [
        Text("config-file", "there is no configuration file; use flags or ETCD_* variables", ""),
        Text("feature-gates", "there are no feature gates", ""),
        Switch("enable-grpc-gateway", "there is no JSON gateway"),
        Switch("enable-pprof", "there are no Go profiles: the program is not written in Go"),
        Text("metrics", "the histograms of 'extensive' are not counted", "basic"),
        Text("cors", "there are no cross-origin rules", "*", ""),
        Text("host-whitelist", "every host name is accepted", "*", ""),
        Switch("next-cluster-version-compatible", "it belongs to the last releases of 3.4"),
        .. Experimental("memory-mlock", isSwitch: true, "memory is not locked", "false"),
        .. Experimental("stop-grpc-service-on-defrag", isSwitch: true, "clients are served during defragmentation", "false"),
        .. Experimental("bootstrap-defrag-threshold-megabytes", isSwitch: false, "files are not defragmented at the start", "0"),
        .. Experimental("txn-mode-write-with-shared-buffer", isSwitch: true, "transactions have one way to read their own buffer", "true"),
        .. Experimental("downgrade-check-time", isSwitch: false, "there are no downgrades", "5s"),

        .. Experimental("initial-corrupt-check", isSwitch: true, NoHashChecks, "false"),
        .. Experimental("corrupt-check-time", isSwitch: false, NoHashChecks, "0s", "0"),
        .. Experimental("compact-hash-check-enabled", isSwitch: true, NoHashChecks, "false"),
        .. Experimental("compact-hash-check-time", isSwitch: false, NoHashChecks, "1m", "1m0s"),
        .. Experimental("enable-lease-checkpoint", isSwitch: true, NoCheckpoints, "false"),
        .. Experimental("enable-lease-checkpoint-persist", isSwitch: true, NoCheckpoints, "false"),

        Text("discovery", NoDiscovery, ""),
        Text("discovery-fallback", NoDiscovery, "exit", "proxy"),
        Text("discovery-proxy", NoDiscovery, ""),
        Text("discovery-srv", NoDiscovery, ""),
        Text("discovery-srv-name", NoDiscovery, ""),
        Text("discovery-token", NoDiscovery, ""),
        Text("discovery-endpoints", NoDiscovery, ""),

        .. TlsTexts.Select(name => Text(name, NoTls, "")),
        .. TlsSwitches.Select(name => Switch(name, NoTls)),
        Text("self-signed-cert-validity", NoTls, "1"),
        Text("tls-min-version", NoTls, "TLS1.2", ""),
        .. Experimental("peer-skip-client-san-verification", isSwitch: true, NoTls, "false"),

        .. Experimental("enable-distributed-tracing", isSwitch: true, NoTraces, "false"),
        .. Experimental("distributed-tracing-address", isSwitch: false, NoTraces, "localhost:4317"),
        .. Experimental("distributed-tracing-service-name", isSwitch: false, NoTraces, "etcd"),
        .. Experimental("distributed-tracing-instance-id", isSwitch: false, NoTraces, ""),
        .. Experimental("distributed-tracing-sampling-rate", isSwitch: false, NoTraces, "0"),

        Text("proxy", NoProxy, "off"),
        Text("proxy-failure-wait", NoProxy, "5000"),
        Text("proxy-refresh-interval", NoProxy, "30000"),
        Text("proxy-dial-timeout", NoProxy, "1000"),
        Text("proxy-write-timeout", NoProxy, "5000"),
        Text("proxy-read-timeout", NoProxy, "0"),
        Text("experimental-enable-v2v3", "v2 requests are not served from v3 keys", ""),
    ];

    /// <summary>A setting that etcd 3.5 knows under an <c>experimental-</c> name and later releases without.</summary>
    private static IEnumerable<Setting> Experimental(string name, bool isSwitch, string reason, params string[] accepted) =>
        from full in new[] { name, $"experimental-{name}" }
        select Create(full, isSwitch, reason, accepted);

    private static Setting Text(string name, string reason, params string[] accepted) => Create(name, isSwitch: false, reason, accepted);

    private static Setting Switch(string name, string reason) => Create(name, isSwitch: true, reason, ["false"]);

    private static Setting Create(string name, bool isSwitch, string reason, string[] accepted) =>
        new(Group, name, accepted[0], Describe(reason, accepted), isSwitch, (_, text) =>
        {
            bool asksForNothing = isSwitch
                ? ValueParsers.Switch(text) == ValueParsers.Switch(accepted[0])
                : accepted.Contains(text, StringComparer.Ordinal);
            if (!asksForNothing)
            {
                throw new SettingsException($"--{name}={text} is not available: {reason}");
            }
        });

    private static string Describe(string reason, string[] accepted) =>
        $"Takes {string.Join(" or ", accepted.Select(text => text.Length == 0 ? "nothing" : text))} only: {reason}.";
}
