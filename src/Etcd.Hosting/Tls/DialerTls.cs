using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using Etcd.Grpc.Server.Tls;
using Etcd.Hosting.Settings;

namespace Etcd.Hosting.Tls;

/// <summary>TLS of connections to other members.</summary>
internal sealed class DialerTls
{
    private readonly TlsProtocols _protocols;
    private readonly TlsSettings _settings;
    private readonly CertificateJudge _judge;
    private readonly ReloadedFiles<SslStreamCertificateContext>? _identity;

    /// <summary>Reads all files.</summary>
    /// <param name="settings">The files.</param>
    /// <param name="protocols">Versions and suites.</param>
    /// <param name="log">Where renewals are told.</param>
    /// <param name="isForOthers">Whether calls of others go over these connections. A member takes the common name of a certificate for the user of every
    /// call without a token: the certificate must have none then, at the start and with each renewal.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CryptographicException">A file has not what it should have.</exception>
    public DialerTls(TlsSettings settings, TlsProtocols protocols, TlsLog log, bool isForOthers = false)
    {
        _settings = settings;
        _protocols = protocols;
        _judge = new CertificateJudge(settings, log);
        bool hasOwn = settings.ClientCertificateFile.Length > 0;
        string certificate = hasOwn ? settings.ClientCertificateFile : settings.CertificateFile;
        string key = hasOwn ? settings.ClientKeyFile : settings.KeyFile;
        Func<SslStreamCertificateContext> read =
            isForOthers ? () => NamelessIdentity(certificate, key) : () => TlsFiles.Identity(certificate, key);
        _identity = certificate.Length > 0 ? new([certificate, key], read, log) : null;
    }

    /// <summary>Makes the settings of one handshake.</summary>
    public SslClientAuthenticationOptions CreateOptions() => new()
    {
        TargetHost = _settings.ServerName.Length > 0 ? _settings.ServerName : null,
        ClientCertificateContext = _identity?.Value,
        CertificateChainPolicy = _judge.ServerPolicy(),
        EnabledSslProtocols = _protocols.Versions,
        CipherSuitesPolicy = _protocols.CipherSuites,
        AllowRenegotiation = false,
        RemoteCertificateValidationCallback = (_, certificate, chain, errors) => Verify(certificate as X509Certificate2, chain, errors),
    };

    // The text is that of etcd 3.5.
    private static SslStreamCertificateContext NamelessIdentity(string certificate, string key)
    {
        SslStreamCertificateContext identity = TlsFiles.Identity(certificate, key);
        return CommonName.Of(identity.TargetCertificate) is { } name
            ? throw new CryptographicException($"cert has non empty Common Name ({name}): {certificate}")
            : identity;
    }

    // Members that made their own certificates cannot know each other: such a cluster is encrypted only, as in etcd.
    private bool Verify(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (_settings.IsAutomatic)
        {
            return certificate is not null;
        }

        // Thrown rather than answered with false, so that the line about the peer says why.
        return _judge.JudgeServer(certificate, chain, errors) is { } fault ? throw new AuthenticationException(fault) : true;
    }
}
