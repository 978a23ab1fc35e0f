using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

using Etcd.Disk.Linux;

namespace Etcd.Hosting.Tls;

/// <summary>The certificate a member makes for itself (<c>--auto-tls</c>, <c>--peer-auto-tls</c>). It is kept in the data directory, where etcd
/// keeps it, and used again at the next start.</summary>
internal static class SelfSignedCertificate
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";
    private const int SerialBytes = 16;

    /// <summary>Makes certificate and key unless they are there.</summary>
    /// <param name="directory">Where they are kept.</param>
    /// <param name="urls">Addresses the certificate is for.</param>
    /// <param name="years">How long it is valid.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Where a new certificate is told.</param>
    /// <returns>The two files.</returns>
    public static (string Certificate, string Key) Ensure(
        string directory, IEnumerable<Uri> urls, int years, TimeProvider time, TlsLog log)
    {
        string certificateFile = Path.Combine(directory, "cert.pem");
        string keyFile = Path.Combine(directory, "key.pem");
        if (File.Exists(certificateFile) && File.Exists(keyFile))
        {
            return (certificateFile, keyFile);
        }

        CreatePrivate(directory);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DateTimeOffset now = time.GetUtcNow();
        using X509Certificate2 certificate = Sign(key, urls, now, now.AddDays(365L * years));

        // The key first: a certificate without its key would be taken for complete.
        WritePrivate(keyFile, key.ExportECPrivateKeyPem());
        WritePrivate(certificateFile, certificate.ExportCertificatePem());
        LinuxFileSystem.Instance.SyncDirectory(directory);
        log.CreatedSelfSigned(certificateFile, certificate.NotAfter.ToUniversalTime().ToString("O"));
        return (certificateFile, keyFile);
    }

    private static X509Certificate2 Sign(ECDsa key, IEnumerable<Uri> urls, DateTimeOffset from, DateTimeOffset to)
    {
        var request = new CertificateRequest("O=etcd", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(ServerUse), new Oid(ClientUse)], critical: false));
        var names = new SubjectAlternativeNameBuilder();
        foreach (string host in urls.Select(url => url.Host.Trim('[', ']')).Where(host => host.Length > 0).Distinct())
        {
            if (IPAddress.TryParse(host, out IPAddress? address))
            {
                names.AddIpAddress(address);
            }
            else
            {
                names.AddDnsName(host);
            }
        }

        request.CertificateExtensions.Add(names.Build());
        return request.Create(
            request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), from, to, RandomNumberGenerator.GetBytes(SerialBytes));
    }

    private static void CreatePrivate(string directory) =>
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

    // Whole and on the disk under its name, or not there: after a crash half a file would be taken for one that somebody has put there.
    private static void WritePrivate(string path, string text)
    {
        string unfinished = path + ".tmp";
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var file = new FileStream(unfinished, options))
        {
            file.Write(Encoding.ASCII.GetBytes(text));
            file.Flush(flushToDisk: true);
        }

        File.Move(unfinished, path, overwrite: true);
    }
}
