using System.Security.Cryptography;

namespace Etcd.Auth;

/// <summary>EdDSA with Ed25519.</summary>
internal sealed class Ed25519Signer : JwtSigner
{
    // The fixed beginning of such a key's DER: PKCS #8 for the private, SubjectPublicKeyInfo for the public one (RFC 8410).
    private static readonly byte[] PrivatePrefix =
        [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

    private static readonly byte[] PublicPrefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

    private readonly LibCrypto.KeyHandle _key;

    internal Ed25519Signer(byte[] publicKey, byte[] privateKey)
    {
        CanSign = privateKey.Length > 0;
        _key = CanSign
            ? LibCrypto.PrivateKey(RawKey(PemOf(privateKey), "PRIVATE KEY", PrivatePrefix))
            : LibCrypto.PublicKey(RawKey(PemOf(publicKey), "PUBLIC KEY", PublicPrefix));
    }

    /// <inheritdoc />
    internal override bool CanSign { get; }

    /// <inheritdoc />
    internal override byte[] Sign(ReadOnlySpan<byte> text) => LibCrypto.Sign(_key, text);

    /// <inheritdoc />
    internal override bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) => LibCrypto.Verify(_key, text, signature);

    /// <inheritdoc />
    public override void Dispose() => _key.Dispose();

    private static byte[] RawKey(string pem, string label, byte[] prefix)
    {
        if (!PemEncoding.TryFind(pem, out PemFields fields) || !pem.AsSpan()[fields.Label].SequenceEqual(label))
        {
            throw new CryptographicException($"an Ed25519 key is expected as PEM \"{label}\"");
        }

        byte[] der = Convert.FromBase64String(pem[fields.Base64Data]);
        return der.Length == prefix.Length + LibCrypto.KeyBytes && der.AsSpan().StartsWith(prefix)
            ? der[prefix.Length..]
            : throw new CryptographicException("the key is not an Ed25519 key");
    }
}
