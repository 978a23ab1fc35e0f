using static Etcd.Hosting.Settings.Setting;

namespace Etcd.Hosting.Settings;

/// <summary>The settings of TLS, those of the ports for clients and the same for peers under names that begin with <c>peer-</c>, and of browsers.</summary>
internal static class SecuritySettings
{
    private const string Group = "Security";
    private const string ClientSection = "client-transport-security";
    private const string PeerSection = "peer-transport-security";

    internal static IReadOnlyList<Setting> All { get; } =
    [
        .. Both("cert-file", "Path to the TLS cert file.", (t, v) => t.CertificateFile = v),
        .. Both("key-file", "Path to the TLS key file.", (t, v) => t.KeyFile = v),
        WithoutEffect("client-cert-file"),
        WithoutEffect("client-key-file"),
        Text(Group, "peer-client-cert-file", "", "Peers: Path to the TLS cert file shown to other members; empty is the one of --peer-cert-file.",
            (s, v) => s.PeerTls.ClientCertificateFile = v) with { FileKey = $"{PeerSection}.client-cert-file" },
        Text(Group, "peer-client-key-file", "", "Peers: Path to its key file.", (s, v) => s.PeerTls.ClientKeyFile = v)
            with { FileKey = $"{PeerSection}.client-key-file" },
        .. BothSwitches("client-cert-auth", "Demand a certificate of every client, signed by an authority of the trusted CA file.",
            (t, v) => t.ClientCertificatesDemanded = v),
        .. Both("trusted-ca-file", "Path to the TLS trusted CA file. Giving it demands a certificate of every client.",
            (t, v) => t.TrustedAuthorityFile = v),
        .. BothSwitches("auto-tls", "Make a self-signed certificate when no cert and key files are given.", (t, v) => t.IsAutomatic = v),

        Text(Group, "client-crl-file", "", "Path to the certificate revocation list for clients.", (s, v) => s.ClientTls.RevocationFile = v),
        Text(Group, "peer-crl-file", "", "Path to the certificate revocation list for peers.", (s, v) => s.PeerTls.RevocationFile = v),
        Texts(Group, "client-cert-allowed-hostname", "",
            "Comma-separated list of host names: a client's certificate must be for one of them.", (s, v) => s.ClientTls.AllowedHostNames = v)
            with { FileKey = $"{ClientSection}.allowed-hostname" },
        Texts(Group, "peer-cert-allowed-cn", "", "Comma-separated list of common names: a peer's certificate must have one of them.",
            (s, v) => s.PeerTls.AllowedCommonNames = v)
            with { FileKey = $"{PeerSection}.allowed-cn" },
        Texts(Group, "peer-cert-allowed-hostname", "", "Comma-separated list of host names: a peer's certificate must be for one of them.",
            (s, v) => s.PeerTls.AllowedHostNames = v)
            with { FileKey = $"{PeerSection}.allowed-hostname" },
        .. SkipNameCheck(),
        Number(Group, "self-signed-cert-validity", "1", "Validity of self-signed certificates, in years.",
            (s, v) => s.SelfSignedValidityYears = ValueParsers.Count(v)),
        Texts(Group, "cipher-suites", "", "Comma-separated list of TLS 1.2 cipher suites, by Go's names; empty leaves them to OpenSSL.",
            (s, v) => s.CipherSuites = v),
        Text(Group, "tls-min-version", "TLS1.2", "Minimum TLS version: TLS1.2 or TLS1.3.", (s, v) => s.TlsVersionMin = v),
        Text(Group, "tls-max-version", "", "Maximum TLS version: TLS1.2 or TLS1.3; empty is the newest.", (s, v) => s.TlsVersionMax = v),

        Text(Group, "cors", "*", "Comma-separated list of origins whose web pages may use the member, or * for all.",
            (s, v) => s.CorsOrigins = ValueParsers.Origins(v)),
        Text(Group, "host-whitelist", "*",
            "Comma-separated list of host names under which HTTP without TLS is served, or * for all (against DNS rebinding).",
            (s, v) => s.HostWhitelist = ValueParsers.List(v)),
    ];

    private static Setting[] Both(string name, string description, Action<TlsSettings, string> set) =>
    [
        Text(Group, name, "", $"Clients: {description}", (s, v) => set(s.ClientTls, v)) with { FileKey = $"{ClientSection}.{name}" },
        Text(Group, $"peer-{name}", "", $"Peers: {description}", (s, v) => set(s.PeerTls, v)) with { FileKey = $"{PeerSection}.{name}" },
    ];

    private static Setting[] BothSwitches(string name, string description, Action<TlsSettings, bool> set) =>
    [
        Switch(Group, name, "false", $"Clients: {description}", (s, v) => set(s.ClientTls, v)) with { FileKey = $"{ClientSection}.{name}" },
        Switch(Group, $"peer-{name}", "false", $"Peers: {description}", (s, v) => set(s.PeerTls, v)) with { FileKey = $"{PeerSection}.{name}" },
    ];

    // In etcd it is what the JSON gateway shows when it calls the member's own port; here the gateway calls no port.
    private static Setting WithoutEffect(string name) =>
        Text(Group, name, "", "Clients: Has no effect: nothing in the member calls its own port for clients.", (s, v) =>
        {
            if (v.Length > 0)
            {
                s.Warnings.Add($"--{name}={v} has no effect: nothing in the member calls its own port for clients");
            }
        }) with
        { FileKey = $"{ClientSection}.{name}" };

    private static Setting[] SkipNameCheck()
    {
        Setting setting = Switch(Group, "peer-skip-client-san-verification", "false",
            "Let a peer connect from addresses that its certificate does not name.", (s, v) => s.PeerTls.SkipsClientNameCheck = v)
            with
        { FileKey = $"{PeerSection}.skip-client-san-verification" };
        const string Earlier = "experimental-peer-skip-client-san-verification";
        return [setting, setting with { Name = Earlier, Description = $"Earlier name of --{setting.Name}.", FileKey = Earlier }];
    }
}
