using System.Net.Security;

using Etcd.Hosting.Settings;
using Etcd.Hosting.Tls;

namespace Etcd.Hosting.Discovery;

/// <summary>TLS towards the cluster where members meet.</summary>
internal static class V3DiscoveryTls
{
    /// <summary>Reads the files.</summary>
    /// <returns>The settings; <see langword="null"/> where nothing asks for TLS but the scheme of an endpoint.</returns>
    /// <exception cref="SettingsException">A file cannot be used.</exception>
    internal static SslClientAuthenticationOptions? Of(V3DiscoverySettings settings, TlsLog log)
    {
        bool hasFiles = settings.CertificateFile.Length > 0 || settings.AuthorityFile.Length > 0;
        if (!hasFiles && settings.AllowsPlainTransport && !settings.SkipsVerification)
        {
            return null;
        }

        try
        {
            var files = new TlsSettings
            {
                CertificateFile = settings.CertificateFile,
                KeyFile = settings.KeyFile,
                TrustedAuthorityFile = settings.AuthorityFile,
            };
            SslClientAuthenticationOptions options = new DialerTls(files, TlsProtocols.Of(string.Empty, string.Empty, []), log).CreateOptions();
            if (settings.SkipsVerification)
            {
#pragma warning disable CA5359 // The operator asked for it with a flag whose help says that it is for tests only.
                options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
            }

            return options;
        }
        catch (Exception failure) when (TlsFiles.IsFault(failure))
        {
            throw new SettingsException(failure.Message);
        }
    }
}
