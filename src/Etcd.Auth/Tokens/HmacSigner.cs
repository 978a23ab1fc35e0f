using System.Security.Cryptography;

namespace Etcd.Auth;

/// <summary>HS256 to HS512: one key, taken as it stands in the file, signs and verifies.</summary>
internal sealed class HmacSigner : JwtSigner
{
    private readonly byte[] _key;
    private readonly HashAlgorithmName _hash;

    internal HmacSigner(byte[] key, HashAlgorithmName hash)
    {
        _key = key.Length > 0 ? key : throw new FormatException("--auth-token: a jwt of method HS256, HS384 or HS512 needs priv-key");
        _hash = hash;
    }

    /// <inheritdoc />
    internal override bool CanSign => true;

    /// <inheritdoc />
    internal override byte[] Sign(ReadOnlySpan<byte> text) => CryptographicOperations.HmacData(_hash, _key, text);

    /// <inheritdoc />
    internal override bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) =>
        CryptographicOperations.FixedTimeEquals(Sign(text), signature);

    /// <inheritdoc />
    public override void Dispose() => CryptographicOperations.ZeroMemory(_key);
}
