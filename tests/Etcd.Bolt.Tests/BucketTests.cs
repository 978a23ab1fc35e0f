using static Etcd.Bolt.Tests.TestDatabase;

namespace Etcd.Bolt.Tests;

public sealed class BucketTests
{
    [Fact]
    public void Put_ThenReopened_IsFound()
    {
        using var test = new TestDatabase();
        test.Write(tx => tx.CreateBucketIfMissing("b"u8).Put(Bytes("key"), Bytes("value")));

        test.Reopen();

        using BoltReadTransaction read = test.Database.BeginRead();
        Assert.True(read.Bucket("b"u8)!.TryGet("key"u8, out ReadOnlySpan<byte> value));
        Assert.Equal("value"u8, value);
        Assert.Empty(test.Database.Check());
    }

    [Fact]
    public void Put_TenThousandAscending_AreFoundAndListedInOrder()
    {
        using var test = new TestDatabase();
        test.Write(tx =>
        {
            BoltBucket bucket = tx.CreateBucketIfMissing("key"u8);
            bucket.FillPercent = 0.9;
            for (int i = 0; i < 10_000; i++)
            {
                bucket.Put(Bytes($"{i:D8}"), new byte[100]);
            }
        });

        using BoltReadTransaction read = test.Database.BeginRead();
        BoltBucket key = read.Bucket("key"u8)!;
        BoltCursor cursor = key.Cursor();
        int count = 0;
        for (bool more = cursor.MoveFirst(); more; more = cursor.MoveNext())
        {
            Assert.Equal(Bytes($"{count:D8}"), cursor.Key);
            Assert.True(key.TryGet(cursor.Key, out _));
            count++;
        }

        Assert.Equal(10_000, count);
    }

    [Fact]
    public void Delete_HalfOfThousands_LeavesTheOthers()
    {
        using var test = new TestDatabase();
        test.Write(tx =>
        {
            BoltBucket bucket = tx.CreateBucketIfMissing("key"u8);
            for (int i = 0; i < 5_000; i++)
            {
                bucket.Put(Bytes($"{i:D8}"), new byte[100]);
            }
        });

        test.Write(tx =>
        {
            BoltCursor cursor = tx.Bucket("key"u8)!.Cursor();
            for (bool more = cursor.MoveFirst(); more; more = cursor.MoveNext() && cursor.MoveNext())
            {
                cursor.Delete();
            }
        });

        using BoltReadTransaction read = test.Database.BeginRead();
        for (int i = 0; i < 5_000; i++)
        {
            Assert.Equal(i % 2 == 1, read.Bucket("key"u8)!.TryGet(Bytes($"{i:D8}"), out _));
        }
    }
}
