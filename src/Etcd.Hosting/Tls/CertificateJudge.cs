using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

using Etcd.Grpc.Server.Tls;
using Etcd.Hosting.Settings;

namespace Etcd.Hosting.Tls;

/// <summary>Judges the certificate of the other side by authorities, revocations and allowed names. Faults are told in Go's words.</summary>
internal sealed class CertificateJudge
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";
    private const string NotAllowed = "client certificate authentication failed";

    // In the order in which the first that applies is told.
    private static readonly (X509ChainStatusFlags Status, string Text)[] Faults =
    [
        (X509ChainStatusFlags.NotValidForUsage, "x509: certificate specifies an incompatible key usage"),
        (X509ChainStatusFlags.NotTimeValid, "x509: certificate has expired or is not yet valid"),
        (X509ChainStatusFlags.UntrustedRoot, "x509: certificate signed by unknown authority"),
        (X509ChainStatusFlags.PartialChain, "x509: certificate signed by unknown authority"),
        (X509ChainStatusFlags.NotSignatureValid, "x509: certificate signed by unknown authority"),
        (X509ChainStatusFlags.InvalidBasicConstraints, "x509: invalid basic constraints in the chain"),
    ];

    private readonly TlsSettings _settings;
    private readonly ReloadedFiles<X509Certificate2Collection>? _authorities;
    private readonly ReloadedFiles<RevocationList>? _revocations;

    /// <summary>Reads authorities and revocations.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="CryptographicException">A file has not what it should have.</exception>
    public CertificateJudge(TlsSettings settings, TlsLog log)
    {
        _settings = settings;
        string authorities = settings.TrustedAuthorityFile;
        string revocations = settings.RevocationFile;
        _authorities = authorities.Length > 0 ? new([authorities], () => TlsFiles.Authorities(authorities), log) : null;
        _revocations = revocations.Length > 0 ? new([revocations], () => RevocationList.Read(revocations), log) : null;
    }

    /// <summary>How the chain of a client is built.</summary>
    public X509ChainPolicy ClientPolicy() => Policy(ClientUse);

    /// <summary>How the chain of a server is built.</summary>
    public X509ChainPolicy ServerPolicy() => Policy(ServerUse);

    /// <summary>Judges the certificate of a client.</summary>
    /// <returns>What is wrong with it.</returns>
    public string? JudgeClient(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || chain is null)
        {
            return "tls: client didn't provide a certificate";
        }

        // A client has no name to compare: only its chain is at stake.
        return Judge(certificate, chain, errors & SslPolicyErrors.RemoteCertificateChainErrors);
    }

    /// <summary>Judges the certificate of a server.</summary>
    /// <returns>What is wrong with it.</returns>
    public string? JudgeServer(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate is null || chain is null ? "tls: the server showed no certificate" : Judge(certificate, chain, errors);

    private string? Judge(X509Certificate2 certificate, X509Chain chain, SslPolicyErrors errors)
    {
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) && FaultOf(chain) is { } fault)
        {
            return $"tls: failed to verify certificate: {fault}";
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return "tls: failed to verify certificate: x509: certificate is not valid for the name of the server";
        }

        return IsAllowed(certificate) ? RevokedIn(chain) : NotAllowed;
    }

    private X509ChainPolicy Policy(string use)
    {
        var policy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.ApplicationPolicy.Add(new Oid(use));
        if (_authorities is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(_authorities.Value);
        }

        return policy;
    }

    private string? FaultOf(X509Chain chain)
    {
        X509ChainStatusFlags all = X509ChainStatusFlags.NoError;
        foreach (X509ChainStatus status in chain.ChainStatus)
        {
            all |= status.Status;
        }

        // As in Go: whatever stands in the file is trusted, an intermediate authority without its root too.
        if (EndsAtAuthority(chain))
        {
            all &= ~(X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot);
        }

        if (all == X509ChainStatusFlags.NoError)
        {
            return null;
        }

        foreach ((X509ChainStatusFlags status, string text) in Faults)
        {
            if (all.HasFlag(status))
            {
                return text;
            }
        }

        return $"x509: {all}";
    }

    // Byte by byte: .NET takes certificates of the same issuer and serial number for equal, and both are anybody's to copy.
    private bool EndsAtAuthority(X509Chain chain) =>
        _authorities is not null && chain.ChainElements.Count > 0
        && chain.ChainElements[^1].Certificate.RawDataMemory is var last
        && _authorities.Value.Any(authority => authority.RawDataMemory.Span.SequenceEqual(last.Span));

    private string? RevokedIn(X509Chain chain)
    {
        RevocationList? revocations = _revocations?.Value;
        foreach (X509ChainElement element in chain.ChainElements)
        {
            if (revocations?.Has(element.Certificate) == true)
            {
                return $"transport: certificate serial {element.Certificate.SerialNumber.ToLowerInvariant()} revoked";
            }
        }

        return null;
    }

    private bool IsAllowed(X509Certificate2 certificate)
    {
        if (_settings.AllowedCommonNames.Count > 0)
        {
            return _settings.AllowedCommonNames.Contains(CommonName.Of(certificate), StringComparer.Ordinal);
        }

        return _settings.AllowedHostNames.Count == 0
            || _settings.AllowedHostNames.Any(name => certificate.MatchesHostname(name, allowCommonName: false));
    }
}
