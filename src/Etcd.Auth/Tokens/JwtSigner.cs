using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Etcd.Auth;

/// <summary>Signs and verifies with one algorithm and one key.</summary>
internal abstract class JwtSigner : IDisposable
{
    /// <summary>Whether it can sign, not only verify.</summary>
    internal abstract bool CanSign { get; }

    /// <summary>Signs.</summary>
    internal abstract byte[] Sign(ReadOnlySpan<byte> text);

    /// <summary>Whether the signature is the key's for this text.</summary>
    internal abstract bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature);

    /// <summary>Makes the signer for an algorithm.</summary>
    /// <param name="method">Name as in the token's header.</param>
    /// <param name="publicKey">Content of the public key's file; empty for none.</param>
    /// <param name="privateKey">Content of the private key's file; empty for none.</param>
    /// <exception cref="CryptographicException">A key cannot be read or does not fit.</exception>
    /// <exception cref="FormatException">There is no such algorithm, or no key.</exception>
    internal static JwtSigner Create(string method, byte[] publicKey, byte[] privateKey)
    {
        if (publicKey.Length == 0 && privateKey.Length == 0)
        {
            throw new FormatException("auth: missing key data");
        }

        return method switch
        {
            "RS256" or "RS384" or "RS512" => new RsaSigner(publicKey, privateKey, HashOf(method), RSASignaturePadding.Pkcs1),
            "PS256" or "PS384" or "PS512" => new RsaSigner(publicKey, privateKey, HashOf(method), RSASignaturePadding.Pss),
            "ES256" => new EcdsaSigner(publicKey, privateKey, HashAlgorithmName.SHA256, 256),
            "ES384" => new EcdsaSigner(publicKey, privateKey, HashAlgorithmName.SHA384, 384),
            "ES512" => new EcdsaSigner(publicKey, privateKey, HashAlgorithmName.SHA512, 521),
            "HS256" or "HS384" or "HS512" => new HmacSigner(privateKey, HashOf(method)),
            "EdDSA" => new Ed25519Signer(publicKey, privateKey),
            _ => throw new FormatException("auth: invalid auth signature method"),
        };
    }

    /// <inheritdoc />
    public abstract void Dispose();

    /// <summary>Key bits of PEM text that may also be a certificate.</summary>
    private protected static string PemOf(byte[] content) => System.Text.Encoding.UTF8.GetString(content);

    /// <summary>Whether the text holds a certificate instead of a bare key.</summary>
    private protected static X509Certificate2? CertificateIn(string pem) =>
        pem.Contains("BEGIN CERTIFICATE", StringComparison.Ordinal) ? X509Certificate2.CreateFromPem(pem) : null;

    private static HashAlgorithmName HashOf(string method) => method[2..] switch
    {
        "256" => HashAlgorithmName.SHA256,
        "384" => HashAlgorithmName.SHA384,
        _ => HashAlgorithmName.SHA512,
    };
}
