namespace Etcd.Hosting.Settings;

/// <summary>TLS of one kind of port: that for clients (<c>--cert-file</c> and so on) or that for peers (<c>--peer-cert-file</c> and so on).</summary>
public sealed record TlsSettings
{
    /// <summary>Certificate chain the port shows, PEM.</summary>
    public string CertificateFile { get; set; } = string.Empty;

    /// <summary>Its private key, PEM.</summary>
    public string KeyFile { get; set; } = string.Empty;

    /// <summary>Certificate this member shows where it is the client; empty for <see cref="CertificateFile"/>.</summary>
    public string ClientCertificateFile { get; set; } = string.Empty;

    /// <summary>Its private key, PEM.</summary>
    public string ClientKeyFile { get; set; } = string.Empty;

    /// <summary>Authorities whose certificates are believed, PEM. Giving it demands a certificate of every client.</summary>
    public string TrustedAuthorityFile { get; set; } = string.Empty;

    /// <summary>Revoked certificates, PEM or DER.</summary>
    public string RevocationFile { get; set; } = string.Empty;

    /// <summary>Whether every client must show a certificate.</summary>
    public bool ClientCertificatesDemanded { get; set; }

    /// <summary>Whether the member makes its own certificate when it has none.</summary>
    public bool IsAutomatic { get; set; }

    /// <summary>Common names let in; empty lets all in.</summary>
    public IReadOnlyList<string> AllowedCommonNames { get; set; } = [];

    /// <summary>Host names of which a certificate must have one to be let in; empty lets all in.</summary>
    public IReadOnlyList<string> AllowedHostNames { get; set; } = [];

    /// <summary>Whether the names in a peer's certificate may differ from where it connects from.</summary>
    public bool SkipsClientNameCheck { get; set; }

    /// <summary>Whether there is a certificate to show.</summary>
    public bool HasCertificate => CertificateFile.Length > 0 && KeyFile.Length > 0;

    /// <summary>Whether clients are asked for certificates: trusted authorities alone ask, too, as in etcd.</summary>
    public bool AsksForCertificates => ClientCertificatesDemanded || TrustedAuthorityFile.Length > 0;

    /// <summary>Name that the certificates of other members must have instead of their host's; empty for none.</summary>
    public string ServerName { get; set; } = string.Empty;
}
