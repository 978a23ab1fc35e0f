namespace Etcd.Mvcc.Validation;

/// <summary>A set of keys as intervals that neither touch nor overlap, in ascending order.</summary>
internal sealed class KeyIntervals
{
    private readonly List<KeyInterval> _intervals;

    private KeyIntervals(List<KeyInterval> intervals) => _intervals = intervals;

    /// <summary>Makes a set of intervals in any order.</summary>
    public static KeyIntervals Of(List<KeyInterval> intervals)
    {
        intervals.Sort(static (left, right) => left.Begin.Span.SequenceCompareTo(right.Begin.Span));
        var joined = new List<KeyInterval>(intervals.Count);
        foreach (KeyInterval interval in intervals)
        {
            Append(joined, interval);
        }

        return new KeyIntervals(joined);
    }

    /// <summary>The keys of both sets, in time linear in their sizes.</summary>
    public KeyIntervals Union(KeyIntervals other)
    {
        if (other._intervals.Count == 0)
        {
            return this;
        }

        var joined = new List<KeyInterval>(_intervals.Count + other._intervals.Count);
        int at = 0;
        foreach (KeyInterval interval in other._intervals)
        {
            while (at < _intervals.Count && _intervals[at].Begin.Span.SequenceCompareTo(interval.Begin.Span) <= 0)
            {
                Append(joined, _intervals[at++]);
            }

            Append(joined, interval);
        }

        while (at < _intervals.Count)
        {
            Append(joined, _intervals[at++]);
        }

        return new KeyIntervals(joined);
    }

    /// <summary>Tells whether a key is in the set.</summary>
    public bool Contains(ReadOnlySpan<byte> key)
    {
        int low = 0;
        int high = _intervals.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            if (_intervals[middle].Begin.Span.SequenceCompareTo(key) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return high >= 0 && key.SequenceCompareTo(_intervals[high].End.Span) < 0;
    }

    private static void Append(List<KeyInterval> joined, KeyInterval next)
    {
        if (joined.Count > 0 && next.Begin.Span.SequenceCompareTo(joined[^1].End.Span) <= 0)
        {
            KeyInterval last = joined[^1];
            if (next.End.Span.SequenceCompareTo(last.End.Span) > 0)
            {
                joined[^1] = last with { End = next.End };
            }

            return;
        }

        joined.Add(next);
    }
}
