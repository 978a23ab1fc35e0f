using System.Net.Security;
using System.Security.Authentication;

namespace Etcd.Grpc.Transport;

/// <summary>TLS of a client's connection, with HTTP/2 agreed on through ALPN.</summary>
internal static class ClientTls
{
    /// <summary>Shakes hands.</summary>
    /// <exception cref="AuthenticationException">The peers do not agree, or the server is not who it should be.</exception>
    public static async ValueTask<Stream> SecureAsync(
        Stream io, SslClientAuthenticationOptions? settings, string host, CancellationToken cancellationToken)
    {
        var tls = new SslStream(io, leaveInnerStreamOpen: false);
        try
        {
            await tls.AuthenticateAsClientAsync(Prepare(settings, host), cancellationToken).ConfigureAwait(false);
            return Checked(tls);
        }
        catch
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Shakes hands on the calling thread.</summary>
    /// <exception cref="AuthenticationException">The peers do not agree, or the server is not who it should be.</exception>
    public static Stream Secure(Stream io, SslClientAuthenticationOptions? settings, string host, TimeSpan timeout)
    {
        var tls = new SslStream(io, leaveInnerStreamOpen: false);
        try
        {
            io.ReadTimeout = (int)Math.Clamp(timeout.TotalMilliseconds, 1, int.MaxValue);
            tls.AuthenticateAsClient(Prepare(settings, host));
            return Checked(tls);
        }
        catch
        {
            tls.Dispose();
            throw;
        }
    }

    private static SslStream Checked(SslStream tls) => tls.NegotiatedApplicationProtocol == SslApplicationProtocol.Http2
        ? tls
        : throw new AuthenticationException("the server does not offer HTTP/2 (ALPN h2)");

    private static SslClientAuthenticationOptions Prepare(SslClientAuthenticationOptions? settings, string host)
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
