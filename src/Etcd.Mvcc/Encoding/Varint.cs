using System.Numerics;

namespace Etcd.Mvcc;

/// <summary>Protobuf base-128 integers.</summary>
internal static class Varint
{
    /// <summary>Longest encoding in bytes.</summary>
    public const int SizeMax = 10;

    /// <summary>Bytes that <paramref name="value"/> takes, 1 to 10.</summary>
    public static int SizeOf(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    /// <summary>Writes <paramref name="value"/>.</summary>
    /// <returns>Bytes written.</returns>
    public static int Write(Span<byte> destination, ulong value)
    {
        int at = 0;
        while (value >= 0x80)
        {
            destination[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[at++] = (byte)value;
        return at;
    }

    /// <summary>Reads a value and moves <paramref name="source"/> past it.</summary>
    /// <returns><see langword="false"/> when the bytes end inside it or it is longer than <see cref="SizeMax"/>.</returns>
    public static bool TryRead(scoped ref ReadOnlySpan<byte> source, out ulong value)
    {
        value = 0;
        for (int at = 0; at < source.Length && at < SizeMax; at++)
        {
            byte part = source[at];
            value |= (ulong)(part & 0x7F) << (7 * at);
            if (part < 0x80)
            {
                source = source[(at + 1)..];
                return true;
            }
        }

        return false;
    }
}
