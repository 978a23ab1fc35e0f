using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Etcd.Bolt.Pages;

/// <summary>What a parent's keys tell of the keys of a child: their first eight bytes lie between these two numbers. Keys in the
/// child may still lie outside, so that this is good for guessing only.</summary>
internal readonly struct KeyBounds
{
    private readonly ulong _low;
    private readonly ulong _high;

    private KeyBounds(ulong low, ulong high)
    {
        _low = low;
        _high = high;
    }

    /// <summary>Of a root nothing is known.</summary>
    internal static KeyBounds Unknown => new(0, ulong.MaxValue);

    /// <summary>The bounds of a child.</summary>
    /// <param name="key">The child's key in its parent.</param>
    /// <param name="next">The key after it; empty when there is none.</param>
    internal static KeyBounds OfChild(ReadOnlySpan<byte> key, ReadOnlySpan<byte> next) =>
        new(Head(key), next.IsEmpty ? ulong.MaxValue : Head(next));

    /// <summary>The same, with the upper bound taken from the page's own last key where the parent knows none.</summary>
    internal KeyBounds CappedBy(ReadOnlySpan<byte> lastKey) => new(_low, Head(lastKey));

    /// <summary>Whether the parent has no key above: so it is along the right edge of a tree.</summary>
    internal bool IsOpen => _high == ulong.MaxValue;

    /// <summary>Where among <paramref name="count"/> evenly spread keys the one with that head should lie: from 0 to <paramref name="count"/> - 1.</summary>
    internal int Guess(ulong head, int count) =>
        head <= _low ? 0
        : head >= _high ? Math.Max(count - 1, 0)
        : Math.Min((int)((head - _low) / (double)(_high - _low) * count), count - 1);

    /// <summary>The first eight bytes as a number that orders like them; a shorter key is filled with zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Head(ReadOnlySpan<byte> key) =>
        key.Length >= sizeof(ulong) ? BinaryPrimitives.ReadUInt64BigEndian(key) : HeadOfShort(key);

    private static ulong HeadOfShort(ReadOnlySpan<byte> key)
    {
        ulong head = 0;
        for (int i = 0; i < sizeof(ulong); i++)
        {
            head = (head << 8) | (i < key.Length ? key[i] : 0u);
        }

        return head;
    }
}
