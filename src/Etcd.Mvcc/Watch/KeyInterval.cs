namespace Etcd.Mvcc.Watch;

/// <summary>Keys of a watcher: one key, or a range.</summary>
/// <param name="Begin">First key, never empty.</param>
/// <param name="End">First key behind the range; <see langword="null"/> when there is none. Not used for a single key.</param>
/// <param name="IsSingle">Whether it is the one key <paramref name="Begin"/>.</param>
internal readonly record struct KeyInterval(byte[] Begin, byte[]? End, bool IsSingle)
{
    private static readonly byte[] SmallestKey = [0];

    /// <summary>Reads a range as requests write it, and copies it: the request's buffer is not kept alive.</summary>
    /// <returns><see langword="false"/> when no key can lie in it.</returns>
    public static bool TryRead(ReadOnlySpan<byte> key, ReadOnlySpan<byte> rangeEnd, out KeyInterval interval)
    {
        byte[] begin = key.IsEmpty ? SmallestKey : key.ToArray();
        if (rangeEnd.IsEmpty || IsSuccessor(begin, rangeEnd))
        {
            interval = new KeyInterval(begin, null, IsSingle: true);
            return true;
        }

        if (rangeEnd.SequenceEqual(SmallestKey))
        {
            interval = new KeyInterval(begin, null, IsSingle: false);
            return true;
        }

        interval = new KeyInterval(begin, rangeEnd.ToArray(), IsSingle: false);
        return rangeEnd.SequenceCompareTo(begin) > 0;
    }

    /// <summary>A range that ends right behind its first key holds that key alone, which is cheaper to look up.</summary>
    private static bool IsSuccessor(ReadOnlySpan<byte> key, ReadOnlySpan<byte> rangeEnd) =>
        rangeEnd.Length == key.Length + 1 && rangeEnd[^1] == 0 && rangeEnd.StartsWith(key);
}
