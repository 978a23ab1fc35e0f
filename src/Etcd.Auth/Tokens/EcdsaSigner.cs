using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Etcd.Auth;

/// <summary>ES256, ES384 and ES512; each wants the curve of its size.</summary>
internal sealed class EcdsaSigner : JwtSigner
{
    private readonly ECDsa _key;
    private readonly HashAlgorithmName _hash;

    internal EcdsaSigner(byte[] publicKey, byte[] privateKey, HashAlgorithmName hash, int curveBits)
    {
        _hash = hash;
        CanSign = privateKey.Length > 0;
        _key = Read(PemOf(CanSign ? privateKey : publicKey));
        if (_key.KeySize != curveBits)
        {
            throw new CryptographicException($"the key's curve has {_key.KeySize} bits, the sign-method wants {curveBits}");
        }
    }

    /// <inheritdoc />
    internal override bool CanSign { get; }

    /// <inheritdoc />
    internal override byte[] Sign(ReadOnlySpan<byte> text) =>
        _key.SignData(text, _hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    /// <inheritdoc />
    internal override bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) =>
        _key.VerifyData(text, signature, _hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    /// <inheritdoc />
    public override void Dispose() => _key.Dispose();

    private static ECDsa Read(string pem)
    {
        using X509Certificate2? certificate = CertificateIn(pem);
        if (certificate is not null)
        {
            return certificate.GetECDsaPublicKey() ?? throw new CryptographicException("the certificate's key is not ECDSA");
        }

        var key = ECDsa.Create();
        key.ImportFromPem(pem);
        return key;
    }
}
