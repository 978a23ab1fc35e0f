using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Etcd.Testing.Certificates;

/// <summary>A certificate authority made for one test. What it signs is written as PEM files into its directory.</summary>
public sealed class TestAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly string _directory;
    private readonly X509Certificate2 _certificate;
    private readonly CertificateRevocationListBuilder _revoked = new();
    private int _lists;

    /// <summary>Makes the authority and writes <c>NAME.pem</c>.</summary>
    /// <param name="directory">Where to.</param>
    /// <param name="name">Its common name.</param>
    /// <param name="serial">Its serial number; <see langword="null"/> draws one.</param>
    public TestAuthority(string directory, string name = "ca", byte[]? serial = null)
    {
        _directory = directory;
        Directory.CreateDirectory(directory);
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 signed = request.Create(
            request.SubjectName,
            X509SignatureGenerator.CreateForECDsa(_key),
            now.AddYears(-2),
            now.AddYears(2),
            serial ?? RandomNumberGenerator.GetBytes(12));
        _certificate = signed.CopyWithPrivateKey(_key);
        File = Path.Combine(directory, $"{name}.pem");
        System.IO.File.WriteAllText(File, _certificate.ExportCertificatePem());
    }

    /// <summary>Its certificate.</summary>
    public string File { get; }

    /// <summary>Its certificate with its key, for an authority that is a client itself.</summary>
    public X509Certificate2 Identity => _certificate;

    /// <summary>Signs a certificate and writes it with its key.</summary>
    public TestCertificate Sign(string fileName, TestSubject subject)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using X509Certificate2 signed = Sign(key, subject);
        var files = new TestCertificate(Path.Combine(_directory, $"{fileName}.pem"), Path.Combine(_directory, $"{fileName}.key"));
        System.IO.File.WriteAllText(files.Key, key.ExportPkcs8PrivateKeyPem());
        System.IO.File.WriteAllText(files.Certificate, signed.ExportCertificatePem());
        return files;
    }

    /// <summary>Writes a list of revoked certificates.</summary>
    /// <param name="revoked">Certificates revoked from now on, beside those of earlier lists.</param>
    public string Revoke(params TestCertificate[] revoked)
    {
        foreach (TestCertificate files in revoked)
        {
            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificateFromFile(files.Certificate);
            _revoked.AddEntry(certificate);
        }

        byte[] list = _revoked.Build(_certificate, ++_lists, DateTimeOffset.UtcNow.AddDays(1), HashAlgorithmName.SHA256);
        string path = Path.Combine(_directory, "revoked.crl");
        System.IO.File.WriteAllText(path, PemEncoding.WriteString("X509 CRL", list));
        return path;
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }

    private X509Certificate2 Sign(ECDsa key, TestSubject subject)
    {
        // Without a common name, one that the framework's "simple name" would find a substitute for.
        var request = new CertificateRequest(subject.CommonName.Length > 0 ? $"CN={subject.CommonName}" : "C=DE, O=test", key, HashAlgorithmName.SHA256);
        var uses = new OidCollection();
        if (subject.ForServers)
        {
            uses.Add(new Oid("1.3.6.1.5.5.7.3.1"));
        }

        if (subject.ForClients)
        {
            uses.Add(new Oid("1.3.6.1.5.5.7.3.2"));
        }

        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(uses, critical: false));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        if (subject.Hosts.Count > 0)
        {
            request.CertificateExtensions.Add(NamesOf(subject));
        }

        DateTimeOffset now = DateTimeOffset.UtcNow;
        return request.Create(_certificate, now + subject.ValidFrom, now + subject.ValidTo, RandomNumberGenerator.GetBytes(12));
    }

    private static X509Extension NamesOf(TestSubject subject)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (string host in subject.Hosts)
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

        return names.Build();
    }
}
