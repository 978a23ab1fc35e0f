using System.Runtime.InteropServices;

namespace Etcd.Auth;

/// <summary>Ed25519 of OpenSSL 3, which .NET uses for all other algorithms but does not give access to. All unsafe code of token signing is here.</summary>
/// <remarks>Keys are raw: 32 bytes each, the private one being the seed. A key handle is freed by its finalizer at the latest.</remarks>
internal static unsafe partial class LibCrypto
{
    private const string Library = "libcrypto.so.3";
    private const int Ed25519 = 1087; // EVP_PKEY_ED25519

    /// <summary>Bytes of a key.</summary>
    internal const int KeyBytes = 32;

    /// <summary>Bytes of a signature.</summary>
    internal const int SignatureBytes = 64;

    internal static KeyHandle PrivateKey(ReadOnlySpan<byte> seed)
    {
        fixed (byte* at = seed)
        {
            return Valid(EVP_PKEY_new_raw_private_key(Ed25519, 0, at, (nuint)seed.Length));
        }
    }

    internal static KeyHandle PublicKey(ReadOnlySpan<byte> key)
    {
        fixed (byte* at = key)
        {
            return Valid(EVP_PKEY_new_raw_public_key(Ed25519, 0, at, (nuint)key.Length));
        }
    }

    internal static byte[] Sign(KeyHandle key, ReadOnlySpan<byte> text)
    {
        byte[] signature = new byte[SignatureBytes];
        nint context = EVP_MD_CTX_new();
        try
        {
            nuint length = SignatureBytes;
            fixed (byte* textAt = text, signatureAt = signature)
            {
                if (EVP_DigestSignInit(context, 0, 0, 0, key) != 1
                    || EVP_DigestSign(context, signatureAt, ref length, textAt, (nuint)text.Length) != 1)
                {
                    throw new System.Security.Cryptography.CryptographicException("OpenSSL could not sign with Ed25519");
                }
            }

            return signature;
        }
        finally
        {
            EVP_MD_CTX_free(context);
        }
    }

    internal static bool Verify(KeyHandle key, ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature)
    {
        nint context = EVP_MD_CTX_new();
        try
        {
            fixed (byte* textAt = text, signatureAt = signature)
            {
                return EVP_DigestVerifyInit(context, 0, 0, 0, key) == 1
                    && EVP_DigestVerify(context, signatureAt, (nuint)signature.Length, textAt, (nuint)text.Length) == 1;
            }
        }
        finally
        {
            EVP_MD_CTX_free(context);
        }
    }

    /// <summary>The public key that belongs to a private one.</summary>
    internal static byte[] PublicPart(KeyHandle key)
    {
        byte[] raw = new byte[KeyBytes];
        nuint length = KeyBytes;
        fixed (byte* at = raw)
        {
            return EVP_PKEY_get_raw_public_key(key, at, ref length) == 1
                ? raw
                : throw new System.Security.Cryptography.CryptographicException("OpenSSL gave no public key");
        }
    }

    private static KeyHandle Valid(KeyHandle key) =>
        key.IsInvalid ? throw new System.Security.Cryptography.CryptographicException("OpenSSL refused the Ed25519 key") : key;

    [LibraryImport(Library)]
    private static partial KeyHandle EVP_PKEY_new_raw_private_key(int type, nint engine, byte* key, nuint length);

    [LibraryImport(Library)]
    private static partial KeyHandle EVP_PKEY_new_raw_public_key(int type, nint engine, byte* key, nuint length);

    [LibraryImport(Library)]
    private static partial int EVP_PKEY_get_raw_public_key(KeyHandle key, byte* destination, ref nuint length);

    [LibraryImport(Library)]
    private static partial void EVP_PKEY_free(nint key);

    [LibraryImport(Library)]
    private static partial nint EVP_MD_CTX_new();

    [LibraryImport(Library)]
    private static partial void EVP_MD_CTX_free(nint context);

    [LibraryImport(Library)]
    private static partial int EVP_DigestSignInit(nint context, nint keyContext, nint digest, nint engine, KeyHandle key);

    [LibraryImport(Library)]
    private static partial int EVP_DigestSign(nint context, byte* signature, ref nuint signatureLength, byte* text, nuint textLength);

    [LibraryImport(Library)]
    private static partial int EVP_DigestVerifyInit(nint context, nint keyContext, nint digest, nint engine, KeyHandle key);

    [LibraryImport(Library)]
    private static partial int EVP_DigestVerify(nint context, byte* signature, nuint signatureLength, byte* text, nuint textLength);

    /// <summary>An OpenSSL key.</summary>
    internal sealed class KeyHandle : SafeHandle
    {
        /// <summary>For the marshaller.</summary>
        public KeyHandle()
            : base(0, ownsHandle: true)
        {
        }

        /// <inheritdoc />
        public override bool IsInvalid => handle == 0;

        /// <inheritdoc />
        protected override bool ReleaseHandle()
        {
            EVP_PKEY_free(handle);
            return true;
        }
    }
}
