namespace Etcd.Hosting.Settings;

/// <summary>The v3 discovery of etcd 3.6: a cluster of etcd where the members of another one meet under a token.</summary>
public sealed class V3DiscoverySettings
{
    /// <summary><c>--discovery-token</c>: what the members have in common; empty for none.</summary>
    public string Token { get; set; } = string.Empty;

    /// <summary><c>--discovery-endpoints</c>: client URLs of the cluster; none is no v3 discovery.</summary>
    public IReadOnlyList<string> Endpoints { get; set; } = [];

    /// <summary><c>--discovery-dial-timeout</c>.</summary>
    public TimeSpan DialTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary><c>--discovery-request-timeout</c>.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary><c>--discovery-keepalive-time</c>; zero is never.</summary>
    public TimeSpan KeepAliveInterval { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary><c>--discovery-keepalive-timeout</c>.</summary>
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromSeconds(6);

    /// <summary><c>--discovery-insecure-transport</c>: whether an endpoint without a scheme is spoken to without TLS when no file of TLS is given.</summary>
    public bool AllowsPlainTransport { get; set; } = true;

    /// <summary><c>--discovery-insecure-skip-tls-verify</c>: whether any certificate is believed.</summary>
    public bool SkipsVerification { get; set; }

    /// <summary><c>--discovery-cert</c>: certificate to show, PEM; empty for none.</summary>
    public string CertificateFile { get; set; } = string.Empty;

    /// <summary><c>--discovery-key</c>: its private key, PEM.</summary>
    public string KeyFile { get; set; } = string.Empty;

    /// <summary><c>--discovery-cacert</c>: authorities that are believed, PEM; empty for those of the system.</summary>
    public string AuthorityFile { get; set; } = string.Empty;

    /// <summary><c>--discovery-user</c>: user to sign in as; empty for nobody.</summary>
    public string User { get; set; } = string.Empty;

    /// <summary><c>--discovery-password</c>.</summary>
    public string Password { get; set; } = string.Empty;

    /// <summary>Whether the members meet there.</summary>
    public bool IsUsed => Endpoints.Count > 0;

    /// <summary>Whether any setting was given that has no meaning without it.</summary>
    internal bool IsMentioned =>
        IsUsed || Token.Length > 0 || CertificateFile.Length > 0 || KeyFile.Length > 0 || AuthorityFile.Length > 0
        || User.Length > 0 || Password.Length > 0;
}
