using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Etcd.Auth;

/// <summary>RS256 to RS512 and PS256 to PS512.</summary>
internal sealed class RsaSigner : JwtSigner
{
    private const int KeyBitsMin = 2048;

    private readonly RSA _key;
    private readonly HashAlgorithmName _hash;
    private readonly RSASignaturePadding _padding;

    internal RsaSigner(byte[] publicKey, byte[] privateKey, HashAlgorithmName hash, RSASignaturePadding padding)
    {
        _hash = hash;
        _padding = padding;
        CanSign = privateKey.Length > 0;
        _key = Read(PemOf(CanSign ? privateKey : publicKey));
        if (_key.KeySize < KeyBitsMin)
        {
            throw new CryptographicException($"an RSA key of {_key.KeySize} bits is too weak: at least {KeyBitsMin}");
        }
    }

    /// <inheritdoc />
    internal override bool CanSign { get; }

    /// <inheritdoc />
    internal override byte[] Sign(ReadOnlySpan<byte> text) => _key.SignData(text.ToArray(), _hash, _padding);

    /// <inheritdoc />
    internal override bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) =>
        _key.VerifyData(text, signature, _hash, _padding);

    /// <inheritdoc />
    public override void Dispose() => _key.Dispose();

    private static RSA Read(string pem)
    {
        using X509Certificate2? certificate = CertificateIn(pem);
        if (certificate is not null)
        {
            return certificate.GetRSAPublicKey() ?? throw new CryptographicException("the certificate's key is not RSA");
        }

        var key = RSA.Create();
        key.ImportFromPem(pem);
        return key;
    }
}
