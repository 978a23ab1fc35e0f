using System.Buffers;
using System.Text;
using System.Text.Unicode;

using Etcd.Protocol.Errors;

namespace Etcd.Auth;

/// <summary>Names of users and roles. Members of real etcd let any bytes be one, and they are keys of the backend, which has bounds of its own.</summary>
/// <remarks>
/// A name is text here. A byte that belongs to no UTF-8 stands in it as U+10FF00 plus the byte, the very end of the private use of Unicode,
/// and so do the bytes of those characters themselves: each name of bytes has one text of its own, and is stored and compared as the bytes it was.
/// </remarks>
public static class AuthName
{
    /// <summary>Longest name in bytes: that of a key in the file.</summary>
    public const int BytesMax = 32768;

    private const int ByteFirst = 0x10FF80;
    private const int ByteBase = 0x10FF00;

    // What a decoder puts where bytes are no UTF-8.
    private const char Undecodable = '\uFFFD';

    // The first half, in UTF-16, of every character from U+10FC00 on.
    private const char LastHighSurrogate = '\uDBFF';

    /// <summary>The name that these bytes are.</summary>
    public static string FromBytes(ReadOnlySpan<byte> name)
    {
        if (Utf8.IsValid(name))
        {
            string text = Encoding.UTF8.GetString(name);
            if (IsText(text))
            {
                return text;
            }
        }

        var exact = new StringBuilder(name.Length);
        while (!name.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(name, out Rune rune, out int length);
            if (status == OperationStatus.Done && rune.Value < ByteFirst)
            {
                exact.Append(rune.ToString());
            }
            else
            {
                foreach (byte single in name[..length])
                {
                    exact.Append(new Rune(ByteBase + single).ToString());
                }
            }

            name = name[length..];
        }

        return exact.ToString();
    }

    /// <summary>The bytes that a name was made from.</summary>
    public static byte[] ToBytes(string name)
    {
        if (IsText(name))
        {
            return Encoding.UTF8.GetBytes(name);
        }

        var bytes = new ArrayBufferWriter<byte>(name.Length);
        foreach (Rune rune in name.EnumerateRunes())
        {
            Span<byte> target = bytes.GetSpan(4);
            if (rune.Value >= ByteFirst)
            {
                target[0] = (byte)(rune.Value - ByteBase);
                bytes.Advance(1);
            }
            else
            {
                bytes.Advance(rune.EncodeToUtf8(target));
            }
        }

        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Whether a name was text where it came from, so that protocol messages, which carry text, say what it is.</summary>
    public static bool IsText(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!name.Contains(LastHighSurrogate, StringComparison.Ordinal))
        {
            return true;
        }

        foreach (Rune rune in name.EnumerateRunes())
        {
            if (rune.Value >= ByteFirst)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a message that was decoded may have lost what the bytes of a name were.</summary>
    public static bool MayHaveLostBytes(string decoded)
    {
        ArgumentNullException.ThrowIfNull(decoded);
        return decoded.AsSpan().IndexOfAny(Undecodable, LastHighSurrogate) >= 0;
    }

    /// <summary>Refuses a name that cannot be kept. A fault at the next commit instead would come back with every start.</summary>
    /// <exception cref="EtcdException">The name is longer than <see cref="BytesMax"/>.</exception>
    public static void CheckLength(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        int length = IsText(name) ? Encoding.UTF8.GetByteCount(name) : ToBytes(name).Length;
        if (length > BytesMax)
        {
            throw new EtcdException(EtcdErrorCode.RequestTooLarge, $"a name has at most {BytesMax} bytes");
        }
    }

    /// <summary>Refuses a name that a message cannot carry as it is.</summary>
    /// <exception cref="EtcdException">It holds bytes that are no UTF-8, or characters that stand for such here.</exception>
    public static void CheckText(string name)
    {
        if (!IsText(name))
        {
            throw new EtcdException(EtcdErrorCode.InvalidAuthManagement, "a name must be valid UTF-8 without U+10FF80 to U+10FFFF");
        }
    }

    /// <summary>Refuses a new name before it is replicated: one that cannot be kept, or that was no text where it came from, since different
    /// bytes would become one name.</summary>
    /// <exception cref="EtcdException">The name is longer than <see cref="BytesMax"/>, or was not valid UTF-8.</exception>
    public static void CheckNew(string name)
    {
        CheckLength(name);
        CheckText(name);
        // Half a surrogate pair reads as the same rune.
        foreach (Rune rune in name.EnumerateRunes())
        {
            if (rune == Rune.ReplacementChar)
            {
                throw new EtcdException(EtcdErrorCode.InvalidAuthManagement, "a name must be valid UTF-8 without U+FFFD");
            }
        }
    }
}
