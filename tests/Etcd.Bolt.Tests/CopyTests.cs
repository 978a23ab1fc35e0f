using Etcd.Bolt.Format;
using Etcd.Disk.Linux;

using static Etcd.Bolt.Tests.TestDatabase;

namespace Etcd.Bolt.Tests;

/// <summary>Copies of a version while it is in use, and compaction into a new file.</summary>
public sealed class CopyTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CopyTo_WhileOthersCommit_IsTheVersionOfItsReader(bool isAsync)
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 1));
        using BoltReadTransaction read = test.Database.BeginRead();
        SnapshotStatus expected = SnapshotStatus.Of(test.Database);
        var reported = new LastReport();

        await using (FileStream file = File.Create(test.PathOf("copy")))
        {
            await using var slow = new InterruptedStream(file, () => test.Write(tx => Fill(tx, 2)));
            if (isAsync)
            {
                await read.CopyToAsync(slow, reported, TestContext.Current.CancellationToken);
            }
            else
            {
                read.CopyTo(slow, reported);
            }
        }

        Assert.Equal(read.CopySizeBytes, new FileInfo(test.PathOf("copy")).Length);
        Assert.Equal(read.CopySizeBytes, reported.Value);
        using BoltDatabase copy = BoltDatabase.Open(LinuxFileSystem.Instance, test.PathOf("copy"), new BoltOptions());
        Assert.Empty(copy.Check());
        Assert.Equal(expected, SnapshotStatus.Of(copy));
    }

    // The newest meta of a copy may lie in page 0 with an odd id. A commit goes to the other page all the same.
    [Fact]
    public void Commit_OnACopy_NeverOverwritesItsNewestMeta()
    {
        using var test = new TestDatabase();
        for (int version = 0; version < 2; version++)
        {
            test.Write(tx => Fill(tx, version));
            string path = test.PathOf($"copy{version}");
            using (BoltReadTransaction read = test.Database.BeginRead())
            using (FileStream file = File.Create(path))
            {
                read.CopyTo(file);
            }

            byte[] newest = File.ReadAllBytes(path)[..4096];
            using (BoltDatabase copy = BoltDatabase.Open(LinuxFileSystem.Instance, path, new BoltOptions()))
            using (BoltWriteTransaction write = copy.BeginWrite())
            {
                write.CreateBucketIfMissing("new"u8);
                write.Commit();
            }

            byte[] after = File.ReadAllBytes(path);
            Assert.Equal(newest, after[..4096]);
            Assert.True(Meta.TryRead(after.AsSpan(4096), out Meta second));
            Assert.True(Meta.TryRead(newest, out Meta first));
            Assert.True(second.TransactionId > first.TransactionId);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5000)]
    [InlineData(long.MaxValue)]
    public void CompactTo_FileWithFreePages_HoldsTheSameInFewer(long transactionBytesMax)
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 1));
        test.Write(tx =>
        {
            BoltBucket nested = tx.CreateBucketIfMissing("outer"u8).CreateBucketIfMissing("inner"u8);
            nested.Put(Bytes("k"), Bytes("v"));
            nested.Sequence = 17;
            tx.CreateBucketIfMissing("empty"u8);
            for (int i = 0; i < 1000; i += 2)
            {
                tx.Bucket("key"u8)!.Delete(Bytes($"{i:D8}"));
            }
        });
        var reported = new LastReport();

        test.Database.CompactTo(LinuxFileSystem.Instance, test.PathOf("compacted"), 0.9, transactionBytesMax, reported);

        using BoltDatabase compacted = BoltDatabase.Open(LinuxFileSystem.Instance, test.PathOf("compacted"), new BoltOptions());
        Assert.Empty(compacted.Check());
        Assert.True(reported.Value > 0);
        Assert.Equal(SnapshotStatus.Of(test.Database) with { TotalSize = 0 }, SnapshotStatus.Of(compacted) with { TotalSize = 0 });
        using BoltReadTransaction read = compacted.BeginRead();
        Assert.Equal(17UL, read.Bucket("outer"u8)!.Bucket("inner"u8)!.Sequence);
        if (transactionBytesMax > 1)
        {
            Assert.True(compacted.SizeBytes < test.Database.SizeBytes);
        }
    }

    [Fact]
    public void CompactTo_FileThatExists_IsRefusedAndLeftAlone()
    {
        using var test = new TestDatabase();
        test.Write(tx => Fill(tx, 1));
        File.WriteAllText(test.PathOf("precious"), "text");

        Assert.ThrowsAny<IOException>(() =>
            test.Database.CompactTo(LinuxFileSystem.Instance, test.PathOf("precious"), 0.9, 1 << 20));

        Assert.Equal("text", File.ReadAllText(test.PathOf("precious")));
    }

    private static void Fill(BoltWriteTransaction write, int seed)
    {
        BoltBucket bucket = write.CreateBucketIfMissing("key"u8);
        for (int i = 0; i < 1000; i++)
        {
            byte[] value = new byte[400];
            value.AsSpan().Fill((byte)seed);
            bucket.Put(Bytes($"{i:D8}"), value);
        }
    }

    private sealed class LastReport : IProgress<long>
    {
        public long Value { get; private set; }

        void IProgress<long>.Report(long value) => Value = value;
    }

    /// <summary>Runs something before each piece that is written through it.</summary>
    private sealed class InterruptedStream(Stream inner, Action interruption) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            interruption();
            inner.Write(buffer);
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            interruption();
            await inner.WriteAsync(buffer, cancellationToken);
        }
    }
}
