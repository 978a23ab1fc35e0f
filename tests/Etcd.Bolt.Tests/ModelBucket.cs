using System.Globalization;
using System.Text;

namespace Etcd.Bolt.Tests;

/// <summary>What a bucket should hold: the simplest thing that can be right.</summary>
internal sealed class ModelBucket
{
    public SortedDictionary<string, byte[]> Pairs { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, ModelBucket> Buckets { get; } = new(StringComparer.Ordinal);

    public ulong Sequence { get; set; }

    public ModelBucket Clone()
    {
        var clone = new ModelBucket { Sequence = Sequence };
        foreach ((string key, byte[] value) in Pairs)
        {
            clone.Pairs.Add(key, value);
        }

        foreach ((string name, ModelBucket bucket) in Buckets)
        {
            clone.Buckets.Add(name, bucket.Clone());
        }

        return clone;
    }

    /// <summary>Fails unless the bucket holds the same, going forwards, backwards and by key.</summary>
    public void AssertEquals(BoltBucket bucket)
    {
        string[] keys = [.. Pairs.Keys.Concat(Buckets.Keys).Order(StringComparer.Ordinal)];
        BoltCursor cursor = bucket.Cursor();
        AssertWalk(keys, cursor, cursor.MoveFirst(), cursor.MoveNext);
        AssertWalk([.. keys.Reverse()], cursor, cursor.MoveLast(), cursor.MovePrevious);
        foreach ((string key, byte[] value) in Pairs)
        {
            Assert.True(bucket.TryGet(Encoding.UTF8.GetBytes(key), out ReadOnlySpan<byte> found));
            Assert.True(found.SequenceEqual(value));
        }

        foreach ((string name, ModelBucket inner) in Buckets)
        {
            Assert.False(bucket.TryGet(Encoding.UTF8.GetBytes(name), out _));
            BoltBucket? found = bucket.Bucket(Encoding.UTF8.GetBytes(name));
            Assert.NotNull(found);
            Assert.Equal(inner.Sequence, found.Sequence);
            inner.AssertEquals(found);
        }

        AssertSeek(keys, cursor);
    }

    private static void AssertSeek(string[] keys, BoltCursor cursor)
    {
        for (int target = 0; target <= 9; target++)
        {
            string text = target.ToString(CultureInfo.InvariantCulture);
            int expected = Array.FindIndex(keys, key => string.CompareOrdinal(key, text) >= 0);
            Assert.Equal(expected >= 0, cursor.Seek(Encoding.UTF8.GetBytes(text)));
            if (expected >= 0)
            {
                Assert.Equal(keys[expected], Encoding.UTF8.GetString(cursor.Key));
            }
        }
    }

    private void AssertWalk(string[] keys, BoltCursor cursor, bool isOnItem, Func<bool> move)
    {
        foreach (string key in keys)
        {
            Assert.True(isOnItem);
            Assert.Equal(key, Encoding.UTF8.GetString(cursor.Key));
            Assert.Equal(Buckets.ContainsKey(key), cursor.IsBucket);
            if (!cursor.IsBucket)
            {
                Assert.True(cursor.Value.SequenceEqual(Pairs[key]));
            }

            isOnItem = move();
        }

        Assert.False(isOnItem);
    }
}
