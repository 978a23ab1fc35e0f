using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Etcd.Hosting.Tls;

/// <summary>The addresses and host names a certificate is for.</summary>
/// <param name="Addresses">IP addresses among its subject alternative names.</param>
/// <param name="Names">DNS names among them, which may begin with <c>*.</c>.</param>
internal sealed record CertificateHosts(IReadOnlyList<IPAddress> Addresses, IReadOnlyList<string> Names)
{
    private static readonly CertificateHosts None = new([], []);

    /// <summary>Reads them.</summary>
    public static CertificateHosts Of(X509Certificate2? certificate)
    {
        X509SubjectAlternativeNameExtension? names = certificate?.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        try
        {
            return names is null ? None : new CertificateHosts([.. names.EnumerateIPAddresses()], [.. names.EnumerateDnsNames()]);
        }
        catch (Exception failure) when (failure is AsnContentException or System.Security.Cryptography.CryptographicException)
        {
            // The client made the certificate up: it names nobody, and is told so by whoever asks.
            return None;
        }
    }
}
