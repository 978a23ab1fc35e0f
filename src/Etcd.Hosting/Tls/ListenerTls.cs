using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

using Etcd.Grpc.Server.Tls;
using Etcd.Hosting.Settings;

namespace Etcd.Hosting.Tls;

/// <summary>TLS of one kind of port.</summary>
internal sealed class ListenerTls : ITlsPolicy
{
    private readonly TlsSettings _settings;
    private readonly TlsProtocols _protocols;
    private readonly TlsLog _log;
    private readonly CertificateJudge _judge;
    private readonly bool _isForPeers;
    private readonly PeerAddressCheck? _addresses;
    private readonly ReloadedFiles<SslStreamCertificateContext> _identity;

    /// <summary>Reads all files.</summary>
    /// <param name="settings">The files and rules.</param>
    /// <param name="protocols">Versions and suites.</param>
    /// <param name="isForPeers">Whether members connect here: their certificates must fit where they connect from.</param>
    /// <param name="log">Where refusals are told.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">A file has not what it should have.</exception>
    public ListenerTls(TlsSettings settings, TlsProtocols protocols, bool isForPeers, TlsLog log)
    {
        _settings = settings;
        _protocols = protocols;
        _isForPeers = isForPeers;
        _addresses = isForPeers && !settings.SkipsClientNameCheck ? new PeerAddressCheck(new SystemNameLookup()) : null;
        _log = log;
        _judge = new CertificateJudge(settings, log);
        _identity = new(
            [settings.CertificateFile, settings.KeyFile], () => TlsFiles.Identity(settings.CertificateFile, settings.KeyFile), log);
    }

    /// <inheritdoc />
    public SslServerAuthenticationOptions CreateOptions() => new()
    {
        ServerCertificateContext = _identity.Value,
        ClientCertificateRequired = _settings.AsksForCertificates,
        CertificateChainPolicy = _settings.AsksForCertificates ? _judge.ClientPolicy() : null,
        EnabledSslProtocols = _protocols.Versions,
        CipherSuitesPolicy = _protocols.CipherSuites,
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        AllowRenegotiation = false,
    };

    /// <inheritdoc />
    public string? Verify(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        _settings.AsksForCertificates ? _judge.JudgeClient(certificate, chain, errors) : null;

    /// <inheritdoc />
    public ValueTask<string?> CheckAddressAsync(X509Certificate2 certificate, IPAddress address, CancellationToken cancellationToken) =>
        _addresses?.CheckAsync(CertificateHosts.Of(certificate), address, cancellationToken) ?? default;

    /// <inheritdoc />
    public void OnRejected(EndPoint? remote, string serverName, X509Certificate2? certificate, string fault)
    {
        CertificateHosts hosts = CertificateHosts.Of(certificate);
        string from = remote?.ToString() ?? string.Empty;
        IEnumerable<string> addresses = hosts.Addresses.Select(address => address.ToString());
        if (_isForPeers)
        {
            _log.RejectedPeer(from, serverName, addresses, hosts.Names, fault);
        }
        else
        {
            _log.RejectedClient(from, serverName, addresses, hosts.Names, fault);
        }
    }
}
