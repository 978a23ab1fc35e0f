using System.Text;

using Etcd.Protocol.Errors;

namespace Etcd.Auth;

/// <summary>What a name of a user or a role may be. Names are keys of the backend, which has bounds of its own.</summary>
public static class AuthName
{
    /// <summary>Longest name in bytes of UTF-8: that of a key in the file.</summary>
    public const int BytesMax = 32768;

    // What a decoder puts where bytes are no UTF-8.
    private const char Undecodable = '\uFFFD';

    /// <summary>Refuses a name that cannot be kept. A fault at the next commit instead would come back with every start.</summary>
    /// <exception cref="EtcdException">The name is longer than <see cref="BytesMax"/>.</exception>
    public static void CheckLength(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (Encoding.UTF8.GetByteCount(name) > BytesMax)
        {
            throw new EtcdException(EtcdErrorCode.RequestTooLarge, $"a name has at most {BytesMax} bytes");
        }
    }

    /// <summary>Refuses a new name before it is replicated: one that cannot be kept, or that was no text where it came from, since different
    /// bytes would become one name.</summary>
    /// <exception cref="EtcdException">The name is longer than <see cref="BytesMax"/>, or was not valid UTF-8.</exception>
    public static void CheckNew(string name)
    {
        CheckLength(name);
        if (name.Contains(Undecodable, StringComparison.Ordinal))
        {
            throw new EtcdException(EtcdErrorCode.InvalidAuthManagement, "a name must be valid UTF-8 without U+FFFD");
        }
    }
}
