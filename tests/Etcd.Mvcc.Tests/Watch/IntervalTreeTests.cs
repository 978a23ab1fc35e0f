using System.Text;

using Etcd.Mvcc.Watch;

namespace Etcd.Mvcc.Tests.Watch;

public class IntervalTreeTests
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Collect_RandomRangesAddedAndRemoved_FindsTheSameAsAScan(int seed)
    {
        var random = new Random(seed);
        var tree = new IntervalTree();
        var model = new Dictionary<(string Begin, string? End), KeyInterval>();
        for (int step = 0; step < 1500; step++)
        {
            string begin = RandomKey(random);
            string? end = random.Next(5) == 0 ? null : begin + RandomKey(random);
            var range = new KeyInterval(Encoding.UTF8.GetBytes(begin), end is null ? null : Encoding.UTF8.GetBytes(end), IsSingle: false);
            if (model.Remove((begin, end)))
            {
                tree.Remove(range);
            }
            else
            {
                model.Add((begin, end), range);
                WatcherSet made = tree.GetOrAdd(range);
                Assert.Same(made, tree.GetOrAdd(range));
            }

            string key = RandomKey(random);
            var found = new List<WatcherSet>();
            tree.Collect(Encoding.UTF8.GetBytes(key), found);

            string[] expected = [.. model.Keys
                .Where(known => string.CompareOrdinal(known.Begin, key) <= 0 && (known.End is null || string.CompareOrdinal(key, known.End) < 0))
                .Select(Text)
                .Order(StringComparer.Ordinal)];
            Assert.Equal(expected, found.Select(set => Text(set.Keys)).Order(StringComparer.Ordinal));
            Assert.Equal(expected.Length > 0, tree.Contains(Encoding.UTF8.GetBytes(key)));
            Assert.Equal(model.Count, tree.Count);
        }
    }

    [Fact]
    public void Collect_TenThousandRanges_VisitsFewOfThem()
    {
        var tree = new IntervalTree();
        for (int i = 0; i < 10_000; i++)
        {
            tree.GetOrAdd(new KeyInterval(Encoding.UTF8.GetBytes($"{i:D5}"), Encoding.UTF8.GetBytes($"{i:D5}~"), IsSingle: false));
        }

        var found = new List<WatcherSet>();
        tree.Collect("05000/x"u8, found);

        Assert.Equal("05000", Encoding.UTF8.GetString(Assert.Single(found).Keys.Begin));
        Assert.InRange(tree.VisitsOf("05000/x"u8), 1, 60);
    }

    private static string RandomKey(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(1, 4)).Select(_ => (char)('a' + random.Next(4))));

    private static string Text((string Begin, string? End) range) => $"[{range.Begin}, {range.End ?? "end"})";

    private static string Text(KeyInterval range) =>
        Text((Encoding.UTF8.GetString(range.Begin), range.End is null ? null : Encoding.UTF8.GetString(range.End)));
}
