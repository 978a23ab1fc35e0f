namespace Etcd.Mvcc;

/// <summary>The keys a request is about, in the protocol's terms; valid as long as the spans are.</summary>
/// <remarks>
/// An empty <c>range_end</c> means the single key, one zero byte means every key from <c>key</c> on, anything else is the
/// first key behind the range. An end at or below the key makes an empty range, not an error.
/// </remarks>
internal readonly ref struct KeyRange
{
    private KeyRange(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, bool isSingle, bool isUnbounded)
    {
        From = from;
        End = end;
        IsSingle = isSingle;
        IsUnbounded = isUnbounded;
    }

    /// <summary>Every key.</summary>
    public static KeyRange All => new(default, default, isSingle: false, isUnbounded: true);

    /// <summary>First key that may be in the range.</summary>
    public ReadOnlySpan<byte> From { get; }

    /// <summary>First key behind the range; without meaning when single or unbounded.</summary>
    public ReadOnlySpan<byte> End { get; }

    /// <summary>Only <see cref="From"/> itself is in the range.</summary>
    public bool IsSingle { get; }

    /// <summary>Every key from <see cref="From"/> on is in the range.</summary>
    public bool IsUnbounded { get; }

    /// <summary>Makes the range of a request.</summary>
    public static KeyRange Of(ReadOnlySpan<byte> key, ReadOnlySpan<byte> rangeEnd)
    {
        bool unbounded = rangeEnd.Length == 1 && rangeEnd[0] == 0;
        return new KeyRange(key, unbounded ? default : rangeEnd, rangeEnd.IsEmpty, unbounded);
    }
}
