using Etcd.Hosting.Tls;

namespace Etcd.Hosting.Settings;

/// <summary>Checks that the settings of TLS fit together and to the URLs listened on.</summary>
internal static class TlsValidation
{
    internal static void Check(MemberSettings settings)
    {
        CheckProtocols(settings);
        CheckFiles(settings.ClientTls);
        CheckFiles(settings.PeerTls);
        if (settings.SelfSignedValidityYears == 0 && (MakesCertificate(settings.ClientTls) || MakesCertificate(settings.PeerTls)))
        {
            throw new SettingsException("selfSignedCertValidity is invalid,it should be greater than 0");
        }

        CheckUrls(
            settings, [.. settings.ListenClientUrls, .. settings.ListenClientHttpUrls, .. settings.ListenMetricsUrls], settings.ClientTls, "client");
        CheckUrls(settings, settings.ListenPeerUrls, settings.PeerTls, "peer");
    }

    private static void CheckProtocols(MemberSettings settings)
    {
        try
        {
            TlsProtocols.Of(settings.TlsVersionMin, settings.TlsVersionMax, settings.CipherSuites);
        }
        catch (FormatException failure)
        {
            throw new SettingsException(failure.Message);
        }
    }

    private static void CheckFiles(TlsSettings tls)
    {
        if (tls.CertificateFile.Length == 0 != (tls.KeyFile.Length == 0))
        {
            throw new SettingsException($"KeyFile and CertFile must both be present[key: {tls.KeyFile}, cert: {tls.CertificateFile}]");
        }

        if (tls.ClientCertificateFile.Length == 0 != (tls.ClientKeyFile.Length == 0))
        {
            throw new SettingsException(
                "ClientKeyFile and ClientCertFile must both be present or both absent: "
                + $"key: {tls.ClientKeyFile}, cert: {tls.ClientCertificateFile}]");
        }

        if (tls.AllowedCommonNames.Count > 0 && tls.AllowedHostNames.Count > 0)
        {
            throw new SettingsException(
                $"AllowedCNs and AllowedHostnames are mutually exclusive (cns={Quoted(tls.AllowedCommonNames)}, "
                + $"hostnames={Quoted(tls.AllowedHostNames)})");
        }
    }

    private static void CheckUrls(MemberSettings settings, IReadOnlyList<Uri> urls, TlsSettings tls, string kind)
    {
        foreach (Uri url in urls)
        {
            string text = url.OriginalString.TrimEnd('/');
            if (url.Scheme is "https" or "unixs")
            {
                if (!tls.HasCertificate && !tls.IsAutomatic)
                {
                    throw new SettingsException(
                        $"TLS key/cert (--{Prefix(kind)}cert-file, --{Prefix(kind)}key-file) must be provided for {kind} url {text} with HTTPS scheme");
                }

                continue;
            }

            if (tls.HasCertificate)
            {
                settings.Warnings.Add($"scheme is http or unix while key and cert files are present; ignoring key and cert files: {kind}-url {text}");
            }

            if (tls.ClientCertificatesDemanded)
            {
                settings.Warnings.Add($"scheme is http or unix while --{Prefix(kind)}client-cert-auth is enabled; ignoring client cert auth for this URL: {kind}-url {text}");
            }
        }
    }

    private static bool MakesCertificate(TlsSettings tls) => tls.IsAutomatic && !tls.HasCertificate;

    private static string Quoted(IEnumerable<string> names) => $"[{string.Join(' ', names.Select(name => $"\"{name}\""))}]";

    private static string Prefix(string kind) => kind == "peer" ? "peer-" : string.Empty;
}
