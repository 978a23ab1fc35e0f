using System.Net.Security;

using Etcd.Grpc.Server.Tls;
using Etcd.Hosting.Settings;

using Microsoft.Extensions.Logging;

namespace Etcd.Hosting.Tls;

/// <summary>TLS of all connections of a member.</summary>
internal sealed class MemberTls
{
    private readonly DialerTls? _dialer;

    private MemberTls(ITlsPolicy? clients, ITlsPolicy? peers, DialerTls? dialer)
    {
        Clients = clients;
        Peers = peers;
        _dialer = dialer;
    }

    /// <summary>TLS of ports for clients; <see langword="null"/> when there is no certificate for them, or none of them asks for one.</summary>
    public ITlsPolicy? Clients { get; }

    /// <summary>TLS of ports for peers; <see langword="null"/> when there is no certificate for them.</summary>
    public ITlsPolicy? Peers { get; }

    /// <summary>Makes the settings of connections to other members; <see langword="null"/> leaves all to the system.</summary>
    public Func<SslClientAuthenticationOptions>? Dialer => _dialer is null ? null : _dialer.CreateOptions;

    /// <summary>Reads all files, and makes the certificates that the member is to make for itself.</summary>
    /// <exception cref="SettingsException">A file cannot be used.</exception>
    public static MemberTls Create(MemberSettings settings, ILoggerFactory loggers)
    {
        var log = new TlsLog(loggers.CreateLogger<MemberTls>());
        try
        {
            var protocols = TlsProtocols.Of(settings.TlsVersionMin, settings.TlsVersionMax, settings.CipherSuites);
            TlsSettings clients = Completed(settings.ClientTls, settings, settings.ListenClientUrls, "client", log);
            TlsSettings peers = Completed(settings.PeerTls, settings, settings.ListenPeerUrls, "peer", log);
            if (clients.HasCertificate)
            {
                log.StartingClientTls(Describe(clients), settings.CipherSuites);
            }

            if (peers.HasCertificate)
            {
                log.StartingPeerTls(Describe(peers), settings.CipherSuites);
            }

            return new MemberTls(
                clients.HasCertificate && ListensSecurely(settings) ? new ListenerTls(clients, protocols, isForPeers: false, log) : null,
                peers.HasCertificate ? new ListenerTls(peers, protocols, isForPeers: true, log) : null,
                peers.HasCertificate || peers.TrustedAuthorityFile.Length > 0 ? new DialerTls(peers, protocols, log) : null);
        }
        catch (Exception failure) when (TlsFiles.IsFault(failure))
        {
            throw new SettingsException(failure.Message);
        }
    }

    // Files that no port needs are not read, as in etcd: they may be missing.
    private static bool ListensSecurely(MemberSettings settings) =>
        settings.ListenClientUrls.Concat(settings.ListenClientHttpUrls).Concat(settings.ListenMetricsUrls)
            .Any(url => url.Scheme is "https" or "unixs");

    /// <summary>The settings with the files of the self-signed certificate, where one is to be made.</summary>
    private static TlsSettings Completed(
        TlsSettings tls, MemberSettings settings, IReadOnlyList<Uri> urls, string name, TlsLog log)
    {
        if (!tls.IsAutomatic || tls.HasCertificate)
        {
            return tls with { IsAutomatic = false };
        }

        string directory = Path.Combine(settings.DataDirectory, "fixtures", name);
        (string certificate, string key) = SelfSignedCertificate.Ensure(
            directory, urls, settings.SelfSignedValidityYears, TimeProvider.System, log);
        return tls with { CertificateFile = certificate, KeyFile = key };
    }

    private static string Describe(TlsSettings tls) =>
        $"cert = {tls.CertificateFile}, key = {tls.KeyFile}, client-cert={tls.ClientCertificateFile}, client-key={tls.ClientKeyFile}, "
        + $"trusted-ca = {tls.TrustedAuthorityFile}, client-cert-auth = {(tls.ClientCertificatesDemanded ? "true" : "false")}, "
        + $"crl-file = {tls.RevocationFile}";
}
