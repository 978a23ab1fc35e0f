namespace Etcd.Mvcc.Tests.Index;

// Generations of a key, and what a compaction leaves of them, by etcd's rules.
public sealed class KeyIndexTests
{
    private readonly KeyIndex _index = new();

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 6)];

    [Theory, MemberData(nameof(Seeds))]
    public void Index_ManyKeysInAnyOrder_EqualsModel(int seed)
    {
        var random = new Random(seed);
        var model = new SortedDictionary<string, List<(long Main, bool IsDelete)>>(StringComparer.Ordinal);
        long revision = 1;
        long compacted = 0;

        for (int step = 0; step < 12_000; step++)
        {
            string key = KeyOf(random.Next(4000));
            revision++;
            if (random.Next(4) > 0)
            {
                Put(model, key, revision);
            }
            else
            {
                Delete(model, key, revision);
            }

            if (step % 4000 == 3999)
            {
                compacted = random.NextInt64(compacted, revision);
                CompactAll(compacted);
            }

            if (step % 400 == 0)
            {
                CheckRange(random, model, random.NextInt64(compacted, revision + 1));
            }
        }

        foreach ((string key, List<(long Main, bool IsDelete)> history) in model)
        {
            for (int at = 0; at < 3; at++)
            {
                long main = random.NextInt64(compacted, revision + 1);
                bool found = _index.TryFind(Key(key), main, out Revision inForce);
                (long Main, bool IsDelete) expected = history.FindLast(change => change.Main <= main);
                Assert.Equal(expected.Main != 0 && !expected.IsDelete, found);
                Assert.True(!found || inForce.Main == expected.Main);
            }
        }
    }

    [Fact]
    public void Index_AscendingKeys_FillsLeaves()
    {
        for (int i = 0; i < 6400; i++)
        {
            _index.Put(Key($"{i:D6}"), new Revision(i + 2, 0), hasLease: false, out _, out _);
        }

        Assert.Equal(6400, _index.LiveCount);
        Assert.InRange(_index.CountLeaves(), 100, 102);
    }

    [Fact]
    public void Compact_AllKeysDeleted_LeavesAnEmptyTree()
    {
        long revision = 1;
        for (int i = 0; i < 20_000; i++)
        {
            _index.Put(Key(KeyOf(i)), new Revision(++revision, 0), hasLease: false, out _, out _);
        }

        for (int i = 0; i < 20_000; i++)
        {
            Assert.True(_index.TryDelete(Key(KeyOf(i)), new Revision(++revision, 0)));
        }

        CompactAll(revision + 1);
        CompactAll(revision + 2);

        Assert.Equal(0, _index.LiveCount);
        Assert.InRange(_index.CountLeaves(), 1, 3);
        Assert.Equal(0, _index.Count(KeyRange.All, revision));
    }

    [Fact]
    public void Compact_SlidingWindowOfKeys_DoesNotGrowTheTree()
    {
        // Keys that are made, deleted and never used again, as events of a cluster manager are.
        long revision = 1;
        for (int i = 0; i < 60_000; i++)
        {
            _index.Put(Key($"{i:D8}"), new Revision(++revision, 0), hasLease: false, out _, out _);
            if (i >= 1000)
            {
                _index.TryDelete(Key($"{i - 1000:D8}"), new Revision(++revision, 0));
            }

            if (i % 2000 == 1999)
            {
                CompactAll(revision);
            }
        }

        Assert.Equal(1000, _index.LiveCount);
        Assert.InRange(_index.CountLeaves(), 16, 80);
    }

    [Fact]
    public void Compact_TombstoneExactlyAtRevision_IsKeptUntilTheNext()
    {
        _index.Put(Key("a"), new Revision(2, 0), hasLease: false, out _, out _);
        _index.TryDelete(Key("a"), new Revision(3, 0));

        CompactAll(3);
        Assert.True(_index.Contains(Key("a"), new Revision(3, 0)));
        Assert.False(_index.Contains(Key("a"), new Revision(2, 0)));

        CompactAll(4);
        Assert.False(_index.Contains(Key("a"), new Revision(3, 0)));
    }

    [Fact]
    public void Compact_KeepsTheChangeInForceAndEverythingLater()
    {
        for (int main = 2; main <= 9; main++)
        {
            _index.Put(Key("a"), new Revision(main, 0), hasLease: false, out _, out _);
        }

        CompactAll(5);

        for (int main = 2; main <= 9; main++)
        {
            Assert.Equal(main >= 5, _index.Contains(Key("a"), new Revision(main, 0)));
        }
    }

    [Fact]
    public void Put_AfterDeleteInOneTransaction_IsInForce()
    {
        // Etcd's own checks let "delete all from a on, put b" pass.
        _index.Put(Key("b"), new Revision(2, 0), hasLease: false, out _, out _);
        _index.TryDelete(Key("b"), new Revision(3, 0));
        _index.Put(Key("b"), new Revision(3, 1), hasLease: false, out long created, out long version);

        CompactAll(3);

        Assert.Equal((3, 1), (created, version));
        Assert.True(_index.TryFind(Key("b"), 3, out Revision revision));
        Assert.Equal(new Revision(3, 1), revision);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void RestoreBatch_AnySize_EqualsTheIndexThatWasWritten(int changesMax)
    {
        var restored = new KeyIndex();
        var batch = new RestoreBatch(restored, changesMax);
        var random = new Random(5);
        // Keys that are beginnings of others, or differ only behind eight bytes or in trailing zeros.
        string[] keys = [.. Enumerable.Range(0, 60).Select(i => "shared" + new string('\0', i % 3) + new string('x', i % 11) + (char)('a' + (i % 7)))];
        for (long revision = 2; revision < 3000; revision++)
        {
            string key = keys[random.Next(keys.Length)];
            if (random.Next(4) > 0)
            {
                _index.Put(Key(key), new Revision(revision, 0), hasLease: false, out long created, out long version);
                batch.Add(Key(key), new Revision(revision, 0), isTombstone: false, hasLease: false, created, version);
            }
            else if (_index.TryDelete(Key(key), new Revision(revision, 0)))
            {
                batch.Add(Key(key), new Revision(revision, 0), isTombstone: true, hasLease: false, 0, 0);
            }
        }

        batch.Flush();

        Assert.Equal(_index.LiveCount, restored.LiveCount);
        foreach (string key in keys)
        {
            for (long revision = 1; revision < 3000; revision += 13)
            {
                bool expected = _index.TryFind(Key(key), revision, out Revision written);
                Assert.Equal(expected, restored.TryFind(Key(key), revision, out Revision read));
                Assert.Equal(written, read);
            }

            _index.Put(Key(key), new Revision(5000, 0), hasLease: false, out long created, out long version);
            restored.Put(Key(key), new Revision(5000, 0), hasLease: false, out long createdAfter, out long versionAfter);
            Assert.Equal((created, version), (createdAfter, versionAfter));
        }
    }

    [Fact]
    public void Restore_TombstoneOfUnknownKey_IsADeadKey()
    {
        // 3.5.18 and later keep it; the key begins a new life with the next put.
        _index.Restore(Key("a"), new Revision(5, 0), isTombstone: true, hasLease: false, 0, 0);
        Assert.Equal(0, _index.LiveCount);

        _index.Put(Key("a"), new Revision(6, 0), hasLease: false, out long created, out long version);

        Assert.Equal((6, 1), (created, version));
    }

    private static byte[] Key(string text) => System.Text.Encoding.Latin1.GetBytes(text);

    // Scattered keys with long and short common beginnings.
    private static string KeyOf(int number) => $"{(uint)number * 2654435761 % 97:D2}/{new string('p', number % 5)}{number * 7919 % 4001:D4}-{number}";

    private void Put(SortedDictionary<string, List<(long Main, bool IsDelete)>> model, string key, long revision)
    {
        if (!model.TryGetValue(key, out List<(long Main, bool IsDelete)>? history))
        {
            model[key] = history = [];
        }

        _index.Put(Key(key), new Revision(revision, 0), hasLease: false, out long created, out long version);
        int lastDelete = history.FindLastIndex(change => change.IsDelete);
        history.Add((revision, false));
        Assert.Equal((history[lastDelete + 1].Main, history.Count - lastDelete - 1), (created, version));
    }

    private void Delete(SortedDictionary<string, List<(long Main, bool IsDelete)>> model, string key, long revision)
    {
        bool lives = model.TryGetValue(key, out List<(long Main, bool IsDelete)>? history) && !history[^1].IsDelete;
        Assert.Equal(lives, _index.TryDelete(Key(key), new Revision(revision, 0)));
        if (lives)
        {
            history!.Add((revision, true));
        }
    }

    private void CompactAll(long revision)
    {
        byte[]? resume = null;
        while (!_index.CompactSlice(revision, ref resume))
        {
        }
    }

    private void CheckRange(Random random, SortedDictionary<string, List<(long Main, bool IsDelete)>> model, long main)
    {
        string from = random.Next(4) == 0 ? "" : KeyOf(random.Next(4000));
        string end = random.Next(3) == 0 ? "\0" : KeyOf(random.Next(4000));
        long[] expected =
        [
            .. model.Where(pair => string.CompareOrdinal(pair.Key, from) >= 0 && (end == "\0" || string.CompareOrdinal(pair.Key, end) < 0))
                .Select(pair => pair.Value.FindLast(change => change.Main <= main))
                .Where(change => change.Main != 0 && !change.IsDelete)
                .Select(change => change.Main),
        ];
        int max = random.Next(2) == 0 ? int.MaxValue : random.Next(50);
        var found = default(RevisionList);

        long count = _index.Collect(KeyRange.Of(Key(from), Key(end)), main, max, ref found, keys: null);

        Assert.Equal(expected.Length, count);
        Assert.Equal(expected.Take(max), found.Items.ToArray().Select(revision => revision.Main));
        Assert.Equal(expected.Length, _index.Count(KeyRange.Of(Key(from), Key(end)), main));
        found.Dispose();
    }
}
