using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Etcd.Hosting.Tls;

/// <summary>Reads certificates, keys and lists of authorities.</summary>
internal static class TlsFiles
{
    /// <summary>All bytes of a file.</summary>
    /// <exception cref="IOException">The file cannot be read; in Go's words, with its path.</exception>
    public static byte[] Bytes(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new IOException($"open {file}: no such file or directory", failure);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new IOException(
                Directory.Exists(file) ? $"read {file}: is a directory" : $"open {file}: permission denied", failure);
        }
    }

    /// <summary>A certificate with its key, and the intermediate ones that stand behind it in the file.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CryptographicException">They are not such files, or do not belong together.</exception>
    public static SslStreamCertificateContext Identity(string certificateFile, string keyFile)
    {
        var chain = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPem(Text(certificateFile));
            if (chain.Count == 0)
            {
                throw new CryptographicException("failed to find any PEM data in certificate input");
            }

            var certificate = X509Certificate2.CreateFromPem(PemOf(chain[0]), Text(keyFile));
            chain[0].Dispose();
            chain.RemoveAt(0);

            // Offline: nothing is fetched while a client waits.
            return SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            throw new CryptographicException($"tls: cannot use {certificateFile} with {keyFile}: {failure.Message}", failure);
        }
    }

    /// <summary>The authorities in a bundle.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="CryptographicException">There is none.</exception>
    public static X509Certificate2Collection Authorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPem(Text(file));
        }
        catch (CryptographicException failure)
        {
            throw new CryptographicException($"tls: cannot use {file}: {failure.Message}", failure);
        }

        return authorities.Count > 0 ? authorities : throw new CryptographicException($"tls: {file} has no certificate");
    }

    /// <summary>Whether it is the file that is at fault.</summary>
    public static bool IsFault(Exception failure) => failure is IOException or UnauthorizedAccessException or CryptographicException;

    private static string Text(string file) => Encoding.UTF8.GetString(Bytes(file));

    private static string PemOf(X509Certificate2 certificate) => certificate.ExportCertificatePem();
}
