namespace Etcd.Raft;

/// <summary>Cuts and joins runs of entries that follow one another.</summary>
internal static class EntryRuns
{
    /// <summary>As many of the leading entries as fit; at least one of a non-empty run.</summary>
    public static ReadOnlyMemory<Entry> Within(ReadOnlyMemory<Entry> entries, ulong bytesMax) =>
        entries[..EntrySize.CountWithin(entries.Span, bytesMax)];

    /// <summary>The first run, and as much of the second as still fits.</summary>
    /// <param name="left">A non-empty run that fits.</param>
    /// <param name="right">The non-empty run after it.</param>
    /// <param name="bytesMax">Most encoded bytes of both.</param>
    public static ReadOnlyMemory<Entry> Join(ReadOnlyMemory<Entry> left, ReadOnlyMemory<Entry> right, ulong bytesMax)
    {
        if (bytesMax != ulong.MaxValue)
        {
            ulong size = EntrySize.Encoded(left.Span);

            // The first entry of a run always counts as fitting, which after another run it need not.
            if (size >= bytesMax || size + EntrySize.Encoded(in right.Span[0]) > bytesMax)
            {
                return left;
            }

            right = Within(right, bytesMax - size);
        }

        var joined = new Entry[left.Length + right.Length];
        left.Span.CopyTo(joined);
        right.Span.CopyTo(joined.AsSpan(left.Length));
        return joined;
    }
}
