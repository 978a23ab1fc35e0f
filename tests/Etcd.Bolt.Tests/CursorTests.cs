using System.Text;

using static Etcd.Bolt.Tests.TestDatabase;

namespace Etcd.Bolt.Tests;

public sealed class CursorTests : IDisposable
{
    private readonly TestDatabase _test = new(new BoltOptions { PageSizeBytes = 1024 });

    public CursorTests()
    {
        _test.Write(tx =>
        {
            BoltBucket bucket = tx.CreateBucketIfMissing("b"u8);
            for (int i = 0; i < 200; i += 2)
            {
                bucket.Put(Bytes($"{i:D3}"), Bytes($"value {i}"));
            }
        });
    }

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData("000", "000")]
    [InlineData("", "000")]
    [InlineData("001", "002")]
    [InlineData("100", "100")]
    [InlineData("0991", "100")]
    [InlineData("197x", "198")]
    [InlineData("199", null)]
    public void Seek_AnyKey_GoesToTheFirstNotBefore(string sought, string? expected)
    {
        using BoltReadTransaction read = _test.Database.BeginRead();
        BoltCursor cursor = read.Bucket("b"u8)!.Cursor();

        Assert.Equal(expected is not null, cursor.Seek(Bytes(sought)));

        Assert.Equal(expected, expected is null ? null : KeyOf(cursor));
    }

    [Fact]
    public void MovePrevious_AfterSeek_GoesToTheLastBefore()
    {
        using BoltReadTransaction read = _test.Database.BeginRead();
        BoltCursor cursor = read.Bucket("b"u8)!.Cursor();
        cursor.Seek("101"u8);

        Assert.True(cursor.MovePrevious());

        Assert.Equal("100", KeyOf(cursor));
    }

    [Fact]
    public void Key_OnNoItem_Throws()
    {
        using BoltReadTransaction read = _test.Database.BeginRead();
        BoltCursor cursor = read.Bucket("b"u8)!.Cursor();

        Assert.Throws<InvalidOperationException>(() => KeyOf(cursor));
        Assert.False(cursor.MoveNext());
        cursor.MoveLast();
        Assert.False(cursor.MoveNext());
        Assert.Throws<InvalidOperationException>(() => KeyOf(cursor));
    }

    [Fact]
    public void Delete_InAReadTransaction_Throws()
    {
        using BoltReadTransaction read = _test.Database.BeginRead();
        BoltCursor cursor = read.Bucket("b"u8)!.Cursor();
        cursor.MoveFirst();

        Assert.Throws<InvalidOperationException>(cursor.Delete);
    }

    [Fact]
    public void MoveNext_BucketChangedUnderTheCursor_GoesToTheFirstKeyAfterItsPlace()
    {
        using BoltWriteTransaction write = _test.Database.BeginWrite();
        BoltBucket bucket = write.Bucket("b"u8)!;
        BoltCursor cursor = bucket.Cursor();
        cursor.Seek("050"u8);

        bucket.Put(Bytes("051"), Bytes("new"));
        bucket.Delete("052"u8);
        bucket.Put(Bytes("000a"), Bytes("before"));
        Assert.Equal("value 50", Encoding.UTF8.GetString(cursor.Value));
        Assert.True(cursor.MoveNext());
        Assert.Equal("051", KeyOf(cursor));
        Assert.True(cursor.MoveNext());
        Assert.Equal("054", KeyOf(cursor));

        cursor.Delete();
        Assert.Throws<InvalidOperationException>(() => KeyOf(cursor));
        Assert.True(cursor.MovePrevious());
        Assert.Equal("051", KeyOf(cursor));
    }

    [Fact]
    public void MoveNext_WhileDeletingAll_MeetsEveryKeyOnce()
    {
        List<string> met = [];
        _test.Write(tx =>
        {
            BoltCursor cursor = tx.Bucket("b"u8)!.Cursor();
            for (bool isOnItem = cursor.MoveFirst(); isOnItem; isOnItem = cursor.MoveNext())
            {
                met.Add(KeyOf(cursor));
                cursor.Delete();
            }
        });

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i * 2:D3}"), met);
        using BoltReadTransaction read = _test.Database.BeginRead();
        Assert.False(read.Bucket("b"u8)!.Cursor().MoveFirst());
    }

    [Fact]
    public void IsBucket_NestedBucket_HasNoValue()
    {
        _test.Write(tx => tx.Bucket("b"u8)!.CreateBucketIfMissing("nested"u8));
        using BoltReadTransaction read = _test.Database.BeginRead();
        BoltCursor cursor = read.Bucket("b"u8)!.Cursor();

        Assert.True(cursor.Seek("nested"u8));

        Assert.True(cursor.IsBucket);
        Assert.True(cursor.Value.IsEmpty);
    }

    private static string KeyOf(BoltCursor cursor) => Encoding.UTF8.GetString(cursor.Key);
}
