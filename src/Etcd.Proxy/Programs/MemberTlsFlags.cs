using System.CommandLine;

using Etcd.Hosting.Settings;
using Etcd.Hosting.Tls;

using Microsoft.Extensions.Logging;

namespace Etcd.Proxy.Programs;

/// <summary>The flags for TLS between the proxy and the members.</summary>
internal static class MemberTlsFlags
{
    private static readonly Option<string> Certificate =
        FlagValues.Text("cert", "", "identify secure connections with etcd servers using this TLS certificate file");

    private static readonly Option<string> Key = FlagValues.Text("key", "", "identify secure connections with etcd servers using this TLS key file");

    private static readonly Option<string> Authorities =
        FlagValues.Text("cacert", "", "verify certificates of TLS-enabled secure etcd servers using this CA bundle");

    private static readonly Option<bool> SkipVerify = FlagValues.Switch(
        "insecure-skip-tls-verify",
        "skip authentication of etcd server TLS certificates (CAUTION: this option should be enabled only for testing purposes)");

    internal static void AddTo(Command command)
    {
        foreach (Option option in new Option[] { Certificate, Key, Authorities, SkipVerify })
        {
            command.Add(option);
        }
    }

    /// <returns>The settings; <see langword="null"/> when no flag asks for TLS.</returns>
    /// <exception cref="FormatException">The flags do not fit together, or a file cannot be used; a certificate with a common name cannot.</exception>
    internal static RenewedTls? Read(ParseResult parsed, ILoggerFactory loggers)
    {
        string certificate = parsed.GetRequiredValue(Certificate);
        string key = parsed.GetRequiredValue(Key);
        string authorities = parsed.GetRequiredValue(Authorities);
        bool skipsVerification = parsed.GetValue(SkipVerify);
        if (certificate.Length == 0 != (key.Length == 0))
        {
            throw new FormatException($"KeyFile and CertFile must both be present[key: {key}, cert: {certificate}]");
        }

        if (certificate.Length == 0 && authorities.Length == 0 && !skipsVerification)
        {
            return null;
        }

        try
        {
            var settings = new TlsSettings { CertificateFile = certificate, KeyFile = key, TrustedAuthorityFile = authorities };
            var dialer = new DialerTls(
                settings, TlsProtocols.Of(string.Empty, string.Empty, []), new TlsLog(loggers.CreateLogger<GrpcProxy>()), isForOthers: true);

            // The flag asks for encryption without knowing who is at the other end.
            return new RenewedTls(dialer.CreateOptions, skipsVerification ? static (_, certificate, _, _) => certificate is not null : null);
        }
        catch (Exception failure) when (TlsFiles.IsFault(failure))
        {
            throw new FormatException(failure.Message, failure);
        }
    }
}
