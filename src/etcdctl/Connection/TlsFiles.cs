using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Etcdctl.CommandLine;

namespace Etcdctl.Connection;

/// <summary>TLS settings from <c>--cacert</c>, <c>--cert</c>, <c>--key</c> and the two insecure flags.</summary>
internal static class TlsFiles
{
    /// <param name="flags">The flags.</param>
    /// <param name="prefix">What their names begin with, for another cluster than the usual one.</param>
    /// <returns>The settings; <see langword="null"/> when no flag asks for TLS.</returns>
    /// <exception cref="CommandFailedException">A file is missing or is none of PEM.</exception>
    public static SslClientAuthenticationOptions? Read(FlagSet flags, string prefix = "")
    {
        string cert = NotEmpty(flags[prefix + "cert"]);
        string key = NotEmpty(flags[prefix + "key"]);
        string authority = NotEmpty(flags[prefix + "cacert"]);
        if (cert.Length == 0 && key.Length == 0 && authority.Length == 0 && flags[prefix + "insecure-transport"].IsOn)
        {
            return null;
        }

        if (cert.Length == 0 != (key.Length == 0))
        {
            throw Failed($"KeyFile and CertFile must both be present[key: {key}, cert: {cert}]");
        }

        SslClientAuthenticationOptions options = new();
        if (cert.Length > 0)
        {
            options.ClientCertificates = [Load(cert, () => X509Certificate2.CreateFromPem(Text(cert), Text(key)))];
        }

        X509Certificate2Collection authorities = [];
        if (authority.Length > 0)
        {
            Load(authority, () =>
            {
                authorities.ImportFromPem(Text(authority));
                return authorities;
            });
        }

        SetVerification(options, authorities, flags["insecure-skip-tls-verify"].IsOn);
        return options;
    }

    private static void SetVerification(
        SslClientAuthenticationOptions options, X509Certificate2Collection authorities, bool skip)
    {
        if (skip)
        {
#pragma warning disable CA5359 // The user asked for it with a flag whose help says that it is for tests only.
            options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }
        else if (authorities.Count > 0)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }
    }

    private static string NotEmpty(Flag flag) => flag.IsChanged && flag.Value.Length == 0
        ? throw Failed($"empty string is passed to --{flag.Name} option")
        : flag.Value;

    private static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Failed("open " + path + ": " + FileError.Describe(failure));
        }
    }

    private static T Load<T>(string path, Func<T> load)
    {
        try
        {
            return load();
        }
        catch (CryptographicException failure)
        {
            throw Failed($"tls: failed to load {path}: {failure.Message}");
        }
    }

    private static CommandFailedException Failed(string reason) =>
        CommandFailedException.Because(ExitCode.BadArguments, reason);
}
