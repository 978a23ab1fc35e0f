using System.Security.Cryptography.X509Certificates;

namespace Etcd.Testing.Certificates;

/// <summary>The two files of a certificate.</summary>
public sealed record TestCertificate(string Certificate, string Key)
{
    /// <summary>Reads them.</summary>
    public X509Certificate2 Load() => X509Certificate2.CreateFromPemFile(Certificate, Key);

    /// <summary>Overwrites another's files with these, as a renewal does.</summary>
    public void ReplaceFilesOf(TestCertificate other)
    {
        File.Copy(Key, other.Key, overwrite: true);
        File.Copy(Certificate, other.Certificate, overwrite: true);
    }
}
