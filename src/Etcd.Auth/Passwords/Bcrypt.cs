using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Etcd.Auth;

/// <summary>bcrypt as Go and thus etcd writes it: <c>$2a$</c>, two digits of cost, 22 characters of salt, 31 of hash.</summary>
/// <remarks>The work is done by the system's libcrypt. It takes about 50 ms at the default cost: never on the apply or consensus thread.</remarks>
public static class Bcrypt
{
    /// <summary>Least cost.</summary>
    public const int CostMin = 4;

    /// <summary>Cost of etcd.</summary>
    public const int CostDefault = 10;

    /// <summary>Greatest cost.</summary>
    public const int CostMax = 31;

    /// <summary>Bytes of a password that count; more is refused, since it would be cut off silently.</summary>
    public const int PasswordBytesMax = 72;

    private const int TextLength = 60;
    private const int PrefixLength = 4; // $2a$
    private const int SettingLength = 29;
    private const int SaltBytes = 16;
    private const string Alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Whether a password can be hashed: not empty (CVE-2020-15115), at most <see cref="PasswordBytesMax"/> bytes of UTF-8, no NUL.</summary>
    public static bool IsUsable(string password)
    {
        ArgumentNullException.ThrowIfNull(password);
        return password.Length > 0 && !password.Contains('\0', StringComparison.Ordinal) && Encoding.UTF8.GetByteCount(password) <= PasswordBytesMax;
    }

    /// <summary>Hashes a password with a fresh salt.</summary>
    /// <param name="password">See <see cref="IsUsable"/>.</param>
    /// <param name="cost">Logarithm of the rounds.</param>
    /// <exception cref="ArgumentException">The password or the cost cannot be used.</exception>
    public static string Hash(string password, int cost)
    {
        if (!IsUsable(password))
        {
            throw new ArgumentException("the password is empty, too long or has a NUL", nameof(password));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(cost, CostMin);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(cost, CostMax);
        Span<byte> salt = stackalloc byte[SaltBytes];
        RandomNumberGenerator.Fill(salt);
        string setting = string.Create(CultureInfo.InvariantCulture, $"$2b${cost:00}${Encode(salt)}");
        byte[] hash = Compute(password, setting);
        hash[2] = (byte)'a';
        return Encoding.ASCII.GetString(hash);
    }

    /// <summary>Whether the password is the one that was hashed; takes the same time whichever byte differs.</summary>
    /// <param name="password">What somebody claims.</param>
    /// <param name="hash">What is stored.</param>
    public static bool Verify(string password, ReadOnlySpan<byte> hash)
    {
        ArgumentNullException.ThrowIfNull(password);
        if (!IsWellFormed(hash) || password.Contains('\0', StringComparison.Ordinal))
        {
            return false;
        }

        // libcrypt's own $2a$ deviates for some passwords on purpose, to tell hashes of an old bug; Go's $2a$ is what others call $2b$.
        string setting = string.Concat("$2b$", Encoding.ASCII.GetString(hash[PrefixLength..SettingLength]));
        byte[] computed = Compute(password, setting);
        return CryptographicOperations.FixedTimeEquals(computed.AsSpan(PrefixLength), hash[PrefixLength..]);
    }

    private static bool IsWellFormed(ReadOnlySpan<byte> hash) =>
        hash.Length == TextLength
        && hash[..2].SequenceEqual("$2"u8)
        && hash[2] is (byte)'a' or (byte)'b' or (byte)'y'
        && hash[3] == (byte)'$'
        && hash[6] == (byte)'$'
        && int.TryParse(hash[4..6], NumberStyles.None, CultureInfo.InvariantCulture, out int cost)
        && cost is >= CostMin and <= CostMax;

    private static byte[] Compute(string password, string setting)
    {
        byte[] phrase = new byte[Encoding.UTF8.GetByteCount(password) + 1];
        try
        {
            Encoding.UTF8.GetBytes(password, phrase);
            return LibCrypt.Hash(phrase, setting);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(phrase);
        }
    }

    // bcrypt's own base 64: most significant bits first, no padding.
    private static string Encode(ReadOnlySpan<byte> salt)
    {
        var text = new StringBuilder(22);
        int bits = 0;
        int held = 0;
        foreach (byte part in salt)
        {
            bits = (bits << 8) | part;
            held += 8;
            while (held >= 6)
            {
                held -= 6;
                text.Append(Alphabet[(bits >> held) & 63]);
            }
        }

        return text.Append(Alphabet[(bits << (6 - held)) & 63]).ToString();
    }
}
