using static Etcd.Bolt.Tests.TestDatabase;

namespace Etcd.Bolt.Tests;

/// <summary>What may be stored, and where buckets are kept.</summary>
public sealed class BucketRulesTests : IDisposable
{
    private readonly TestDatabase _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public void Put_KeyOfImpossibleLength_Throws()
    {
        using BoltWriteTransaction write = _test.Database.BeginWrite();
        BoltBucket bucket = write.CreateBucketIfMissing("b"u8);

        Assert.Throws<ArgumentException>(() => bucket.Put(default, Bytes("v")));
        Assert.Throws<ArgumentException>(() => bucket.Put(new byte[32769], Bytes("v")));
        Assert.Throws<ArgumentException>(() => write.CreateBucketIfMissing(""u8));
        bucket.Put(new byte[32768], default);
        Assert.True(bucket.TryGet(new byte[32768], out ReadOnlySpan<byte> value));
        Assert.True(value.IsEmpty);
    }

    [Fact]
    public void Put_InAReadTransaction_Throws()
    {
        _test.Write(tx => tx.CreateBucketIfMissing("b"u8));
        using BoltReadTransaction read = _test.Database.BeginRead();
        BoltBucket bucket = read.Bucket("b"u8)!;

        Assert.Throws<InvalidOperationException>(() => bucket.Put(Bytes("k"), Bytes("v")));
        Assert.Throws<InvalidOperationException>(() => bucket.Delete("k"u8));
        Assert.Throws<InvalidOperationException>(() => bucket.Sequence = 1);
        Assert.Throws<InvalidOperationException>(() => bucket.CreateBucketIfMissing("n"u8));
    }

    [Fact]
    public void PutAndDelete_KeyThatNamesABucket_Throw()
    {
        using BoltWriteTransaction write = _test.Database.BeginWrite();
        BoltBucket bucket = write.CreateBucketIfMissing("b"u8);
        bucket.CreateBucketIfMissing("n"u8);
        bucket.Put(Bytes("k"), Bytes("v"));

        Assert.Throws<InvalidOperationException>(() => bucket.Put(Bytes("n"), Bytes("v")));
        Assert.Throws<InvalidOperationException>(() => bucket.Delete("n"u8));
        Assert.Throws<InvalidOperationException>(() => bucket.CreateBucketIfMissing("k"u8));
        Assert.False(bucket.DeleteBucket("k"u8));
        Assert.Null(bucket.Bucket("k"u8));
    }

    [Fact]
    public void DeleteBucket_ThenUsed_Throws()
    {
        using BoltWriteTransaction write = _test.Database.BeginWrite();
        BoltBucket bucket = write.CreateBucketIfMissing("b"u8);
        BoltBucket inner = bucket.CreateBucketIfMissing("n"u8);

        Assert.True(write.DeleteBucket("b"u8));

        Assert.Throws<InvalidOperationException>(() => bucket.Put(Bytes("k"), Bytes("v")));
        Assert.Throws<InvalidOperationException>(() => inner.Put(Bytes("k"), Bytes("v")));
        Assert.False(write.DeleteBucket("b"u8));
    }

    // A bucket that was deleted inside a deleted bucket must not give its pages back twice.
    [Fact]
    public void DeleteBucket_OuterAfterInner_FreesEachPageOnce()
    {
        _test.Write(tx =>
        {
            BoltBucket outer = tx.CreateBucketIfMissing("outer"u8);
            foreach (string name in (string[])["a", "b", "c"])
            {
                BoltBucket inner = outer.CreateBucketIfMissing(Bytes(name));
                for (int i = 0; i < 100; i++)
                {
                    inner.Put(Bytes($"{i:D3}"), new byte[200]);
                }
            }
        });

        _test.Write(tx =>
        {
            BoltBucket outer = tx.Bucket("outer"u8)!;
            outer.Bucket("a"u8)!.Put(Bytes("more"), new byte[5000]);
            outer.Bucket("c"u8)!.Delete("050"u8);
            Assert.True(outer.DeleteBucket("b"u8));
            Assert.True(tx.DeleteBucket("outer"u8));
        });

        Assert.True(_test.Database.InUseBytes < _test.Database.SizeBytes);
    }

    [Fact]
    public void DeleteBucket_ThenCreatedAgain_IsEmpty()
    {
        _test.Write(tx => tx.CreateBucketIfMissing("b"u8).Put(Bytes("k"), Bytes("v")));

        _test.Write(tx =>
        {
            tx.DeleteBucket("b"u8);
            Assert.False(tx.CreateBucketIfMissing("b"u8).TryGet("k"u8, out _));
        });

        using BoltReadTransaction read = _test.Database.BeginRead();
        Assert.False(read.Bucket("b"u8)!.Cursor().MoveFirst());
    }

    // On-disk formats, A.5: a quarter of a page is the limit, and buckets go back and forth over it.
    [Fact]
    public void Commit_BucketAroundAQuarterOfAPage_GoesInlineAndBack()
    {
        bool IsInline()
        {
            using BoltReadTransaction read = _test.Database.BeginRead();
            return read.Bucket("b"u8)!.Tree.RootPageId == 0;
        }

        _test.Write(tx => tx.CreateBucketIfMissing("b"u8).Put(Bytes("k"), new byte[1024 - 16 - 16 - 1]));
        Assert.True(IsInline());

        _test.Write(tx => tx.Bucket("b"u8)!.Put(Bytes("k"), new byte[1024 - 16 - 16]));
        Assert.False(IsInline());

        _test.Write(tx => tx.Bucket("b"u8)!.Put(Bytes("k"), new byte[10]));
        Assert.True(IsInline());

        _test.Write(tx => tx.Bucket("b"u8)!.CreateBucketIfMissing("n"u8));
        Assert.False(IsInline());
    }

    [Fact]
    public void CreateBucketIfMissing_DeeperThanTheLimit_Throws()
    {
        _test.Write(tx =>
        {
            BoltBucket bucket = tx.TopLevel;
            for (int depth = 1; depth <= 64; depth++)
            {
                bucket = bucket.CreateBucketIfMissing("n"u8);
            }

            Assert.Throws<InvalidOperationException>(() => bucket.CreateBucketIfMissing("n"u8));
        });

        _test.Reopen();
        Assert.Empty(_test.Database.Check());
    }

    [Fact]
    public void Commit_WithoutChanges_WritesNothing()
    {
        _test.Write(tx => tx.CreateBucketIfMissing("b"u8));
        ulong before = Id();

        _test.Write(tx =>
        {
            tx.CreateBucketIfMissing("b"u8);
            Assert.False(tx.Bucket("b"u8)!.Delete("absent"u8));
        });

        Assert.Equal(before, Id());

        ulong Id()
        {
            using BoltReadTransaction read = _test.Database.BeginRead();
            return read.Id;
        }
    }

    // etcd sets 0.9 for its revisions, which only rise; a half-full file would be nearly twice as large.
    [Theory]
    [InlineData(0.5, 1.7, 2.2)]
    [InlineData(0.9, 1.0, 1.3)]
    public void Commit_AscendingKeys_FillPagesAsAsked(double fillPercent, double low, double high)
    {
        const int Keys = 5000;
        const int ItemBytes = 16 + 8 + 100;
        for (int batch = 0; batch < 5; batch++)
        {
            _test.Write(tx =>
            {
                BoltBucket bucket = tx.CreateBucketIfMissing("b"u8);
                bucket.FillPercent = fillPercent;
                for (int i = 0; i < Keys / 5; i++)
                {
                    bucket.Put(Bytes($"{(batch * Keys / 5) + i:D8}"), new byte[100]);
                }
            });
        }

        double perItem = (double)_test.Database.InUseBytes / Keys / ItemBytes;
        Assert.InRange(perItem, low, high);
    }

    [Fact]
    public void FillPercent_OutOfRange_Throws()
    {
        using BoltWriteTransaction write = _test.Database.BeginWrite();
        BoltBucket bucket = write.CreateBucketIfMissing("b"u8);

        Assert.Throws<ArgumentOutOfRangeException>(() => bucket.FillPercent = 0.05);
        Assert.Throws<ArgumentOutOfRangeException>(() => bucket.FillPercent = 1.5);
        Assert.Throws<ArgumentOutOfRangeException>(() => bucket.FillPercent = double.NaN);
    }
}
