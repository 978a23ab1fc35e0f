using System.CommandLine;

using Etcd.Grpc.Server.Tls;
using Etcd.Hosting.Settings;
using Etcd.Hosting.Tls;

using Microsoft.Extensions.Logging;

namespace Etcd.Proxy.Programs;

/// <summary>The flags for TLS between clients and the proxy.</summary>
internal static class ClientTlsFlags
{
    private static readonly Option<string> Certificate =
        FlagValues.Text("cert-file", "", "identify secure connections to the proxy using this TLS certificate file");

    private static readonly Option<string> Key = FlagValues.Text("key-file", "", "identify secure connections to the proxy using this TLS key file");

    private static readonly Option<string> Authorities =
        FlagValues.Text("trusted-ca-file", "", "verify certificates of TLS-enabled secure proxy using this CA bundle");

    private static readonly Option<string> Revoked = FlagValues.Text("client-crl-file", "", "proxy client certificate revocation list file.");
    private static readonly Option<bool> Automatic = FlagValues.Switch("auto-tls", "proxy TLS using generated certificates");

    private static readonly Option<uint> Validity = FlagValues.Number(
        "self-signed-cert-validity", 1u, "The validity period of the proxy certificates, unit is year");

    private static readonly Option<string> DataDirectory =
        FlagValues.Text("data-dir", "default.proxy", "Data directory for persistent data");

    private static readonly Option<string> Suites = FlagValues.Text(
        "listen-cipher-suites", "", "Comma-separated list of supported TLS cipher suites between client/proxy");

    private static readonly Option<string> VersionMin = FlagValues.Text(
        "tls-min-version", "TLS1.2", "Minimum TLS version supported by grpc proxy. Possible values: TLS1.2, TLS1.3.");

    private static readonly Option<string> VersionMax = FlagValues.Text(
        "tls-max-version", "", "Maximum TLS version supported by grpc proxy. Possible values: TLS1.2, TLS1.3");

    internal static void AddTo(Command command)
    {
        foreach (Option option in new Option[] { Certificate, Key, Authorities, Revoked, Automatic, Validity, DataDirectory, Suites, VersionMin, VersionMax })
        {
            command.Add(option);
        }
    }

    /// <param name="parsed">The command line.</param>
    /// <param name="listen">Host and port of the proxy; a certificate made for it names the host, where there is one.</param>
    /// <param name="loggers">Where refusals are told.</param>
    /// <returns>TLS of the proxy's port; <see langword="null"/> for none.</returns>
    /// <exception cref="SettingsException">The flags do not fit together, or a file cannot be used.</exception>
    internal static ITlsPolicy? Read(ParseResult parsed, string listen, ILoggerFactory loggers) => MemberTls.Create(
        new MemberSettings
        {
            DataDirectory = parsed.GetRequiredValue(DataDirectory),
            ListenClientUrls = Uri.TryCreate($"https://{listen}", UriKind.Absolute, out Uri? url) ? [url] : [],
            SelfSignedValidityYears = (int)Math.Min(parsed.GetValue(Validity), 100),
            CipherSuites = FlagValues.Items(parsed.GetValue(Suites)),
            TlsVersionMin = parsed.GetRequiredValue(VersionMin),
            TlsVersionMax = parsed.GetRequiredValue(VersionMax),
            ClientTls = new TlsSettings
            {
                CertificateFile = parsed.GetRequiredValue(Certificate),
                KeyFile = parsed.GetRequiredValue(Key),
                TrustedAuthorityFile = parsed.GetRequiredValue(Authorities),
                RevocationFile = parsed.GetRequiredValue(Revoked),
                ClientCertificatesDemanded = parsed.GetRequiredValue(Authorities).Length > 0,
                IsAutomatic = parsed.GetValue(Automatic),
            },
        },
        loggers).Clients;
}
