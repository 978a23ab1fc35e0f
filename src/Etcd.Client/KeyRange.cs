using Google.Protobuf;

namespace Etcd.Client;

/// <summary>One key, or the keys from <see cref="Key"/> up to but not including <see cref="End"/>, in byte order.</summary>
/// <param name="Key">The first key.</param>
/// <param name="End">The key after the last; empty for one key; one zero byte for no end.</param>
public readonly record struct KeyRange(EtcdBytes Key, EtcdBytes End)
{
    private static readonly ByteString Zero = ByteString.CopyFrom([0]);

    /// <summary>Every key.</summary>
    public static KeyRange All => new(Zero, Zero);

    /// <summary>One key.</summary>
    public static implicit operator KeyRange(string key) => new(key, default);

    /// <summary>One key.</summary>
    public static implicit operator KeyRange(byte[] key) => new(key, default);

    /// <summary>One key.</summary>
    public static implicit operator KeyRange(ReadOnlyMemory<byte> key) => new(key, default);

    /// <summary>One key.</summary>
    public static implicit operator KeyRange(ByteString key) => new(key, default);

    /// <summary>One key.</summary>
    public static implicit operator KeyRange(EtcdBytes key) => new(key, default);

    /// <summary>The keys that begin with <paramref name="prefix"/>; every key when it is empty.</summary>
    public static KeyRange Prefix(EtcdBytes prefix)
    {
        ReadOnlySpan<byte> bytes = prefix.ByteString.Span;
        if (bytes.IsEmpty)
        {
            return All;
        }

        // The range ends at the prefix with its last byte raised by one; a byte 0xff cannot be raised and falls away.
        int length = bytes.Length;
        while (length > 0 && bytes[length - 1] == 0xff)
        {
            length--;
        }

        if (length == 0)
        {
            return From(prefix);
        }

        byte[] end = bytes[..length].ToArray();
        end[length - 1]++;
        return new KeyRange(prefix, end);
    }

    /// <summary>The keys from <paramref name="key"/> on; every key when it is empty.</summary>
    public static KeyRange From(EtcdBytes key) => new(key.ByteString.IsEmpty ? Zero : key, Zero);

    /// <summary>The keys from <paramref name="first"/> up to but not including <paramref name="end"/>.</summary>
    public static KeyRange Between(EtcdBytes first, EtcdBytes end) => new(first, end);
}
