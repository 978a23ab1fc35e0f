using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Etcd.Auth;

/// <summary>The system's <c>crypt_rn</c>, which has bcrypt; .NET does not. All unsafe code of password hashing is here.</summary>
/// <remarks>
/// <c>char *crypt_rn(const char *phrase, const char *setting, void *data, int size)</c>: <c>data</c> is scratch memory of <c>size</c> bytes
/// in which the result, a string, lies as well; null tells of a failure. It keeps no state, so any thread may call it.
/// </remarks>
internal static unsafe class LibCrypt
{
    /// <summary>sizeof(struct crypt_data) of libxcrypt.</summary>
    private const int DataBytes = 32768;

    private static readonly string[] FileNames = ["libcrypt.so.1", "libcrypt.so.2"];

    private static readonly delegate* unmanaged[Cdecl]<byte*, byte*, void*, int, byte*> CryptRn = Find();

    /// <summary>Whether the system has it.</summary>
    internal static bool IsPresent => CryptRn is not null;

    /// <summary>Hashes.</summary>
    /// <param name="phrase">The password's bytes and a final NUL.</param>
    /// <param name="setting">Method, cost and salt.</param>
    /// <exception cref="PlatformNotSupportedException">The system has no bcrypt.</exception>
    internal static byte[] Hash(ReadOnlySpan<byte> phrase, string setting)
    {
        if (!IsPresent)
        {
            throw new PlatformNotSupportedException("passwords need libcrypt with bcrypt (Debian: libcrypt1, Fedora: libxcrypt): not found");
        }

        byte[] settingBytes = new byte[setting.Length + 1];
        Encoding.ASCII.GetBytes(setting, settingBytes);
        byte[] data = GC.AllocateArray<byte>(DataBytes, pinned: true);
        try
        {
            fixed (byte* phraseAt = phrase, settingAt = settingBytes, dataAt = data)
            {
                byte* result = CryptRn(phraseAt, settingAt, dataAt, DataBytes);
                return result is null
                    ? throw new PlatformNotSupportedException("the system's libcrypt has no bcrypt ($2b$)")
                    : MemoryMarshal.CreateReadOnlySpanFromNullTerminated(result).ToArray();
            }
        }
        finally
        {
            // The key schedule in it is made from the password.
            CryptographicOperations.ZeroMemory(data);
        }
    }

    private static delegate* unmanaged[Cdecl]<byte*, byte*, void*, int, byte*> Find()
    {
        foreach (string name in FileNames)
        {
            if (NativeLibrary.TryLoad(name, out nint library) && NativeLibrary.TryGetExport(library, "crypt_rn", out nint function))
            {
                return (delegate* unmanaged[Cdecl]<byte*, byte*, void*, int, byte*>)function;
            }
        }

        return null;
    }
}
