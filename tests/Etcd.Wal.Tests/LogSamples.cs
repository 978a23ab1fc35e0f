using Etcd.Raft;

namespace Etcd.Wal.Tests;

/// <summary>Entries and configurations for tests; what an entry holds follows from its index and term.</summary>
internal static class LogSamples
{
    public static readonly WalOptions SmallSegments = new() { SegmentBytes = 16 << 10, ZeroAheadBytes = 4096 };

    public static ConfState OneVoter { get; } = new() { Voters = [7] };

    public static ReadOnlyMemory<byte> Metadata { get; } = new byte[] { 8, 1, 16, 2 };

    public static Entry Entry(ulong index, ulong term = 1, int bytes = 100)
    {
        byte[] data = new byte[bytes];
        new Random(HashCode.Combine(index, term, bytes)).NextBytes(data);
        return new Entry(term, index, EntryType.Normal, data);
    }

    public static Entry[] Entries(ulong first, int count, ulong term = 1, int bytes = 100) =>
        [.. Enumerable.Range(0, count).Select(i => Entry(first + (ulong)i, term, bytes))];

    public static void AssertSame(IReadOnlyList<Entry> expected, IReadOnlyList<Entry> found)
    {
        Assert.Equal(expected.Select(entry => (entry.Index, entry.Term, entry.Type)), found.Select(entry => (entry.Index, entry.Term, entry.Type)));
        for (int i = 0; i < expected.Count; i++)
        {
            Assert.True(expected[i].Data.Span.SequenceEqual(found[i].Data.Span), $"data of entry {expected[i].Index}");
        }
    }
}
