using System.Net.Security;

namespace Etcd.Grpc.Transport;

/// <summary>Completes the TLS settings of a channel for one connection.</summary>
internal static class ClientTls
{
    /// <summary>A copy of the settings that asks for HTTP/2 and names the host.</summary>
    public static SslClientAuthenticationOptions Prepare(SslClientAuthenticationOptions? settings, string host)
    {
        settings ??= new SslClientAuthenticationOptions();
        return new SslClientAuthenticationOptions
        {
            AllowRenegotiation = settings.AllowRenegotiation,
            AllowTlsResume = settings.AllowTlsResume,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            CertificateChainPolicy = settings.CertificateChainPolicy,
            CertificateRevocationCheckMode = settings.CertificateRevocationCheckMode,
            CipherSuitesPolicy = settings.CipherSuitesPolicy,
            ClientCertificates = settings.ClientCertificates,
            ClientCertificateContext = settings.ClientCertificateContext,
            EnabledSslProtocols = settings.EnabledSslProtocols,
            EncryptionPolicy = settings.EncryptionPolicy,
            LocalCertificateSelectionCallback = settings.LocalCertificateSelectionCallback,
            RemoteCertificateValidationCallback = settings.RemoteCertificateValidationCallback,
            TargetHost = settings.TargetHost ?? host,
        };
    }
}
