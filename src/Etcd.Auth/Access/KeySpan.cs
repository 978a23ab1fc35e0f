namespace Etcd.Auth;

/// <summary>The keys from <paramref name="Begin"/> up to, not including, <paramref name="End"/>; an empty end is no end at all.</summary>
internal readonly record struct KeySpan(ReadOnlyMemory<byte> Begin, ReadOnlyMemory<byte> End)
{
    /// <summary>Whether it has no end.</summary>
    internal bool IsOpenEnded => End.IsEmpty;

    /// <summary>The keys a request names.</summary>
    /// <param name="key">Its key; empty stands for the smallest key, as watches have it.</param>
    /// <param name="rangeEnd">Empty for the one key, one zero byte for no end, else the first key behind the range.</param>
    /// <remarks>A range that ends at or before its key holds nothing; it is checked as the key alone, so that it needs some permission too.</remarks>
    internal static KeySpan OfRequest(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> rangeEnd)
    {
        ReadOnlyMemory<byte> begin = key.IsEmpty ? new byte[1] : key;
        if (rangeEnd.Span is [0])
        {
            return new KeySpan(begin, default);
        }

        return rangeEnd.Span.SequenceCompareTo(begin.Span) > 0 ? new KeySpan(begin, rangeEnd) : Single(begin);
    }

    /// <summary>The keys a permission grants.</summary>
    /// <returns><see langword="null"/> for a range that ends before it begins: releases before the check of grants could store such, and it grants nothing.</returns>
    internal static KeySpan? OfPermission(KeyPermission permission)
    {
        ReadOnlyMemory<byte> begin = permission.Key.Memory;
        ReadOnlyMemory<byte> end = permission.RangeEnd.Memory;
        return end.Span switch
        {
            [] => Single(begin),
            [0] => new KeySpan(begin, default),
            _ when end.Span.SequenceCompareTo(begin.Span) > 0 => new KeySpan(begin, end),
            _ => null,
        };
    }

    private static KeySpan Single(ReadOnlyMemory<byte> key)
    {
        byte[] successor = new byte[key.Length + 1];
        key.CopyTo(successor);
        return new KeySpan(key, successor);
    }
}
