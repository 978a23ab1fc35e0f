using static Etcd.Hosting.Settings.Setting;

namespace Etcd.Hosting.Settings;

/// <summary>The settings of the v3 discovery, which etcd has since 3.6.</summary>
internal static class V3DiscoveryTable
{
    private const string Group = "v3 discovery";
    private const string Section = "discovery-config";

    internal static IReadOnlyList<Setting> All { get; } =
    [
        Text(Group, "discovery-token", "", "Token under which the members of the cluster to found meet.", (s, v) => s.V3Discovery.Token = v)
            with { FileKey = $"{Section}.token" },
        new Setting(Group, "discovery-endpoints", "", "Comma-separated list of client URLs of the cluster of etcd where they meet.", SettingForm.Texts,
            (s, v) => s.V3Discovery.Endpoints = Endpoints(v)) { FileKey = $"{Section}.client.endpoints" },
        Duration(Group, "discovery-dial-timeout", "2s", "How long connecting to an endpoint may take.", (s, v) => s.V3Discovery.DialTimeout = v)
            with { FileKey = $"{Section}.client.dial-timeout" },
        Duration(Group, "discovery-request-timeout", "5s", "How long a request may take; the wait for other members is none.",
            (s, v) => s.V3Discovery.RequestTimeout = v) with { FileKey = $"{Section}.client.request-timeout" },
        Duration(Group, "discovery-keepalive-time", "2s", "Silence after which an endpoint is asked whether it is alive (0 to disable).",
            (s, v) => s.V3Discovery.KeepAliveInterval = v) with { FileKey = $"{Section}.client.keepalive-time" },
        Duration(Group, "discovery-keepalive-timeout", "6s", "How long it may take to answer that.",
            (s, v) => s.V3Discovery.KeepAliveTimeout = v) with { FileKey = $"{Section}.client.keepalive-timeout" },
        Switch(Group, "discovery-insecure-transport", "true", "Speak without TLS to endpoints without a scheme, when no file of TLS is given.",
            (s, v) => s.V3Discovery.AllowsPlainTransport = v) with { FileKey = $"{Section}.client.secure.insecure-transport" },
        Switch(Group, "discovery-insecure-skip-tls-verify", "false", "Believe any certificate (for tests only).",
            (s, v) => s.V3Discovery.SkipsVerification = v) with { FileKey = $"{Section}.client.secure.insecure-skip-tls-verify" },
        Text(Group, "discovery-cert", "", "Path to the TLS cert file shown to the endpoints.", (s, v) => s.V3Discovery.CertificateFile = v)
            with { FileKey = $"{Section}.client.secure.cert" },
        Text(Group, "discovery-key", "", "Path to its key file.", (s, v) => s.V3Discovery.KeyFile = v)
            with { FileKey = $"{Section}.client.secure.key" },
        Text(Group, "discovery-cacert", "", "Path to the CA file by which the endpoints' certificates are checked; empty trusts what the system trusts.",
            (s, v) => s.V3Discovery.AuthorityFile = v) with { FileKey = $"{Section}.client.secure.cacert" },
        Text(Group, "discovery-user", "", "User to sign in as.", (s, v) => s.V3Discovery.User = v)
            with { FileKey = $"{Section}.client.auth.username" },
        Text(Group, "discovery-password", "", "Password of that user; better given as variable or in a file, which other users cannot see.",
            (s, v) => s.V3Discovery.Password = v) with { FileKey = $"{Section}.client.auth.password", IsSecret = true },
    ];

    // An empty endpoint among others is a mistake that is told, as in etcd; one that comes twice is one.
    private static string[] Endpoints(string text) =>
        text.Length == 0 ? [] : [.. text.Split(',', StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal)];
}
