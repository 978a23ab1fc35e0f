using System.Net.Security;
using System.Security.Authentication;

namespace Etcd.Hosting.Tls;

/// <summary>Versions and cipher suites that both sides of the member's connections use.</summary>
/// <param name="Versions">Versions allowed.</param>
/// <param name="CipherSuites">Suites allowed; <see langword="null"/> leaves them to OpenSSL.</param>
internal sealed record TlsProtocols(SslProtocols Versions, CipherSuitesPolicy? CipherSuites)
{
    // TLS 1.3 has suites of its own, which the flag says nothing about: they stay allowed, as in Go.
    private static readonly TlsCipherSuite[] Tls13Suites =
    [
        TlsCipherSuite.TLS_AES_128_GCM_SHA256, TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256,
    ];

    /// <summary>The two versions there are.</summary>
    /// <param name="minimum"><c>--tls-min-version</c>; empty is TLS 1.2.</param>
    /// <param name="maximum"><c>--tls-max-version</c>; empty is the newest.</param>
    /// <param name="suites">Go's names; none leaves the suites to OpenSSL.</param>
    /// <exception cref="FormatException">A name is not known, or the versions do not fit; etcd's text.</exception>
    public static TlsProtocols Of(string minimum, string maximum, IReadOnlyList<string> suites)
    {
        SslProtocols min = Version(minimum, SslProtocols.Tls12);
        SslProtocols max = Version(maximum, SslProtocols.Tls13);
        if (min > max)
        {
            throw new FormatException($"min version ({minimum}) is greater than max version ({maximum})");
        }

        List<TlsCipherSuite> chosen = [.. suites.Select(CipherSuiteNames.Read)];
        if (min == SslProtocols.Tls13 && chosen.Count > 0)
        {
            throw new FormatException("cipher suites cannot be configured when only TLS1.3 is enabled");
        }

#pragma warning disable CA1416 // The server runs on Linux only.
        return new TlsProtocols(min | max, chosen.Count > 0 ? new CipherSuitesPolicy([.. Tls13Suites, .. chosen]) : null);
#pragma warning restore CA1416
    }

    // Go offers the two older ones as well, only when asked to; OpenSSL as it is shipped today does not at all.
    private static SslProtocols Version(string text, SslProtocols whenEmpty) => text switch
    {
        "" => whenEmpty,
        "TLS1.2" => SslProtocols.Tls12,
        "TLS1.3" => SslProtocols.Tls13,
        _ => throw new FormatException($"unexpected TLS version \"{text}\" (must be one of: TLS1.2, TLS1.3)"),
    };
}
