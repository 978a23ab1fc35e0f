using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

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
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A file has not what it should have.</exception>
    public DialerTls(TlsSettings settings, TlsProtocols protocols, TlsLog log)
    {
        _settings = settings;
        _protocols = protocols;
        _judge = new CertificateJudge(settings, log);
        bool hasOwn = settings.ClientCertificateFile.Length > 0;
        string certificate = hasOwn ? settings.ClientCertificateFile : settings.CertificateFile;
        string key = hasOwn ? settings.ClientKeyFile : settings.KeyFile;
        _identity = certificate.Length > 0 ? new([certificate, key], () => TlsFiles.Identity(certificate, key), log) : null;
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
