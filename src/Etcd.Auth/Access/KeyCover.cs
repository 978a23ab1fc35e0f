namespace Etcd.Auth;

/// <summary>The union of spans, held as the fewest spans that cover the same keys: what touches or overlaps is one. Immutable.</summary>
/// <remarks>A request is allowed if one span holds all of it, so a look-up is one binary search.</remarks>
internal sealed class KeyCover
{
    private readonly KeySpan[] _spans;

    private KeyCover(KeySpan[] spans) => _spans = spans;

    /// <summary>The union.</summary>
    internal static KeyCover Of(List<KeySpan> spans)
    {
        spans.Sort(static (left, right) => left.Begin.Span.SequenceCompareTo(right.Begin.Span));
        var merged = new List<KeySpan>(spans.Count);
        foreach (KeySpan span in spans)
        {
            if (merged.Count > 0 && Touches(merged[^1], span))
            {
                merged[^1] = new KeySpan(merged[^1].Begin, Later(merged[^1].End, span.End));
            }
            else
            {
                merged.Add(span);
            }
        }

        return new KeyCover([.. merged]);
    }

    /// <summary>Whether every key of <paramref name="wanted"/> is in the union.</summary>
    internal bool Holds(in KeySpan wanted)
    {
        int low = 0;
        int high = _spans.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_spans[middle].Begin.Span.SequenceCompareTo(wanted.Begin.Span) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low > 0 && EndsAtOrAfter(_spans[low - 1], wanted);
    }

    private static bool EndsAtOrAfter(in KeySpan span, in KeySpan wanted) =>
        span.IsOpenEnded || (!wanted.IsOpenEnded && span.End.Span.SequenceCompareTo(wanted.End.Span) >= 0);

    private static bool Touches(in KeySpan earlier, in KeySpan later) =>
        earlier.IsOpenEnded || earlier.End.Span.SequenceCompareTo(later.Begin.Span) >= 0;

    private static ReadOnlyMemory<byte> Later(ReadOnlyMemory<byte> left, ReadOnlyMemory<byte> right) =>
        left.IsEmpty || right.IsEmpty ? default
        : left.Span.SequenceCompareTo(right.Span) >= 0 ? left
        : right;
}
