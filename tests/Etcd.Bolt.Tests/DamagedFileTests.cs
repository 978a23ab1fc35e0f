using System.Buffers.Binary;

using Etcd.Bolt.Format;
using Etcd.Bolt.Tree;
using Etcd.Disk;
using Etcd.Testing.SimulatedDisk;

using static Etcd.Bolt.Tests.TestDatabase;

namespace Etcd.Bolt.Tests;

/// <summary>Files with flipped bits, cut short, or made by an enemy end in a clear error, never in a crash, a hang or a huge
/// allocation. (CVE-2020-15106 and CVE-2020-15112 were lengths and indexes of etcd's log taken on trust; the same holds here.)</summary>
public sealed class DamagedFileTests
{
    private const int PageSize = 1024;
    private const int Rounds = 1000;
    private static readonly byte[] Image = MakeImage(storeFreelist: false);
    private static readonly byte[] ImageWithFreelist = MakeImage(storeFreelist: true);

    // A walk over a damaged tree may meet keys again and again; it is given up after more steps than a whole one has.
    private const int StepsMax = 5000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryUse_RandomDamage_EndsInAClearError(bool storeFreelist)
    {
        byte[] image = storeFreelist ? ImageWithFreelist : Image;
        int refused = 0;
        for (int seed = 0; seed < Rounds; seed++)
        {
            byte[] damaged = Damage(image, new Random(seed));
            refused += UseAll(damaged, readOnly: seed % 2 == 0, $"seed {seed}") ? 0 : 1;
        }

        Assert.InRange(refused, Rounds / 10, Rounds - 1);
    }

    [Fact]
    public void Open_FileCutAnywhere_IsRefusedOrWhole()
    {
        for (int length = 0; length < Image.Length; length += 97)
        {
            byte[] cut = Image[..length];
            if (length >= 2 * PageSize)
            {
                CorruptDatabaseException refusal = Assert.Throws<CorruptDatabaseException>(() => Open(cut, readOnly: false).Dispose());
                Assert.Equal("/db", refusal.File);
            }
            else
            {
                UseAll(cut, readOnly: true, $"length {length}");
            }
        }
    }

    [Fact]
    public void Open_BothMetasDamaged_NamesFileOffsetExpectedAndFound()
    {
        byte[] damaged = [.. Image];
        damaged[16] ^= 1;
        damaged[PageSize + 72] ^= 1;

        CorruptDatabaseException refusal = Assert.Throws<CorruptDatabaseException>(() => Open(damaged, readOnly: false));

        Assert.Equal("/db", refusal.File);
        Assert.Equal(0, refusal.Offset);
        Assert.Contains("meta page", refusal.Expected, StringComparison.Ordinal);
        Assert.Contains("0xED0CDAEC", refusal.Found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Open_OneMetaDamaged_TakesTheOther(int slot)
    {
        byte[] damaged = [.. Image];
        damaged[(slot * PageSize) + 40] ^= 1;

        using BoltDatabase database = Open(damaged, readOnly: false);

        Assert.Empty(database.Check());
    }

    [Fact]
    public void Open_SmallFileOfAnotherKind_IsNotOverwritten()
    {
        SimulatedFileSystem disk = DiskWith("this is my diary"u8.ToArray());

        Assert.Throws<CorruptDatabaseException>(() => BoltDatabase.Open(disk, "/db", new BoltOptions()));

        using IFile file = disk.Open("/db", FileOpening.Read);
        byte[] content = new byte[100];
        Assert.Equal("this is my diary"u8, content.AsSpan(0, file.Read(content, 0)));
    }

    [Theory]
    [InlineData(32, 0UL)]
    [InlineData(32, 1UL)]
    [InlineData(32, ulong.MaxValue)]
    [InlineData(48, 1UL)]
    [InlineData(48, 1UL << 40)]
    [InlineData(56, 0UL)]
    [InlineData(56, 2UL)]
    [InlineData(56, ulong.MaxValue)]
    [InlineData(56, 1UL << 52)]
    public void Open_ForgedMetaWithImpossibleNumber_IsRefused(int field, ulong value)
    {
        byte[] forged = [.. Image];
        foreach (int meta in (int[])[0, PageSize])
        {
            BinaryPrimitives.WriteUInt64LittleEndian(forged.AsSpan(meta + field), value);
            FixChecksum(forged.AsSpan(meta));
        }

        CorruptDatabaseException refusal = Assert.Throws<CorruptDatabaseException>(() => Open(forged, readOnly: true));

        Assert.Equal(field, refusal.Offset % PageSize);
    }

    [Fact]
    public void Open_BranchThatLeadsToItself_IsRefusedAndReported()
    {
        byte[] forged = [.. Image];
        int branch = PagesInUse(forged).Branch;
        BinaryPrimitives.WriteUInt64LittleEndian(forged.AsSpan((branch * PageSize) + 16 + 8), (ulong)branch);

        Assert.Throws<CorruptDatabaseException>(() => Open(forged, readOnly: false));
        using BoltDatabase database = Open(forged, readOnly: true);
        Assert.Contains(database.Check(), fault => fault.Contains("more than once", StringComparison.Ordinal));
        using BoltReadTransaction read = database.BeginRead();
        CorruptDatabaseException tooDeep = Assert.Throws<CorruptDatabaseException>(() => read.Bucket("key"u8)!.Cursor().MoveFirst());
        Assert.Contains("levels", tooDeep.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FreelistNamesAPageInUse_IsRefused()
    {
        byte[] forged = [.. ImageWithFreelist];
        (int branch, int list) = PagesInUse(forged);
        Assert.NotEqual(0, forged[(list * PageSize) + 10]);
        BinaryPrimitives.WriteUInt64LittleEndian(forged.AsSpan((list * PageSize) + 16), (ulong)branch);

        Assert.Throws<CorruptDatabaseException>(() => Open(forged, readOnly: false));
        using BoltDatabase database = Open(forged, readOnly: true);
        Assert.NotEmpty(database.Check());
    }

    // A run of pages that says it goes on into those of a tree: whoever believed it would free pages in use with the next list.
    [Fact]
    public void Open_FreelistReachesIntoPagesInUse_IsRefused()
    {
        byte[] forged = [.. ImageWithFreelist];
        int list = PagesInUse(forged).Freelist;
        int pages = forged.Length / PageSize;
        int refused = 0;
        for (int overflow = 1; list + overflow < pages; overflow++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(forged.AsSpan((list * PageSize) + 12), overflow);
            try
            {
                Open(forged, readOnly: false).Dispose();
            }
            catch (CorruptDatabaseException)
            {
                refused++;
            }
        }

        Assert.True(refused > 0, $"page {list} of {pages}");
    }

    // Sixty references to one page in each of ten branches are few bytes, and more ways than anybody could go.
    [Theory]
    [InlineData("b")]
    [InlineData("")]
    public void BucketNames_BranchesLeadToOneLeafAgainAndAgain_IsRefused(string name)
    {
        using BoltDatabase database = Open(ForgeLattice(name), readOnly: true);
        using BoltReadTransaction read = database.BeginRead();

        CorruptDatabaseException refusal = Assert.Throws<CorruptDatabaseException>(() => read.BucketNames());

        Assert.Contains("ascending", refusal.Expected, StringComparison.Ordinal);
    }

    [Fact]
    public void Cursor_BranchesLeadToOneEmptyLeafAgainAndAgain_IsRefused()
    {
        using BoltDatabase database = Open(ForgeLattice(bucket: null), readOnly: true);
        using BoltReadTransaction read = database.BeginRead();
        BoltCursor cursor = read.TopLevel.Cursor();

        Assert.Throws<CorruptDatabaseException>(() => cursor.MoveFirst());
        Assert.Throws<CorruptDatabaseException>(() => cursor.MoveLast());
    }

    [Fact]
    public void Check_KeysOutOfOrder_NamesThePage()
    {
        byte[] forged = [.. Image];
        int key = forged.AsSpan().IndexOf("0000000000000042"u8);
        forged[key] = (byte)'9';

        using BoltDatabase database = Open(forged, readOnly: true);

        Assert.Contains(database.Check(), fault => fault.Contains("out of order", StringComparison.Ordinal));
    }

    // What is left is a valid tree, and what is gone would count as free.
    [Fact]
    public void Check_SubtreesCutOffABranch_NamesThePage()
    {
        byte[] forged = [.. Image];
        int branch = PagesInUse(forged).Branch;
        Assert.True(forged[(branch * PageSize) + 10] > 1);
        forged[(branch * PageSize) + 10]--;

        using BoltDatabase database = Open(forged, readOnly: true);

        DatabaseFault fault = Assert.Single(database.Inspect());
        Assert.Equal(branch * PageSize, fault.Offset);
        Assert.Contains("key 0 begins at", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 40, true)]
    [InlineData(1, 40, true)]
    [InlineData(0, 8, false)]
    [InlineData(1, 0, false)]
    public void Inspect_OneMetaDamaged_SaysWhichAndWhetherACrashExplainsIt(int slot, int offset, bool isTorn)
    {
        byte[] damaged = [.. Image];
        damaged[(slot * PageSize) + offset] ^= 2;

        using BoltDatabase database = Open(damaged, readOnly: true);

        DatabaseFault fault = Assert.Single(database.Inspect());
        Assert.Equal((slot * PageSize, isTorn), (fault.Offset, fault.IsTorn));
    }

    /// <summary>Does everything a program may do with a file. Only <see cref="CorruptDatabaseException"/> may come of it.</summary>
    /// <returns>Whether nothing was refused.</returns>
    private static bool UseAll(byte[] image, bool readOnly, string what)
    {
        try
        {
            using BoltDatabase database = Open(image, readOnly);
            IReadOnlyList<string> faults = database.Check();
            using (BoltReadTransaction read = database.BeginRead())
            {
                read.CopyTo(Stream.Null);
                int steps = 0;
                ReadAll(read.TopLevel, ref steps);
            }

            database.CompactTo(new SimulatedFileSystem(), "/compacted", 0.9, 1000);
            if (!readOnly)
            {
                ChangeAll(database);
            }

            return faults.Count == 0;
        }
        catch (CorruptDatabaseException)
        {
            return false;
        }
        catch (Exception failure) when (failure is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException(what, failure);
        }
    }

    private static void ReadAll(BoltBucket bucket, ref int steps)
    {
        BoltCursor cursor = bucket.Cursor();
        for (bool isOnItem = cursor.MoveFirst(); isOnItem && ++steps < StepsMax; isOnItem = cursor.MoveNext())
        {
            _ = cursor.Value.Length;
            bucket.TryGet(cursor.Key, out _);
            if (cursor.IsBucket && bucket.Bucket(cursor.Key) is { } inner)
            {
                ReadAll(inner, ref steps);
            }
        }

        for (bool isOnItem = cursor.MoveLast(); isOnItem && ++steps < StepsMax; isOnItem = cursor.MovePrevious())
        {
            _ = cursor.Value.Length;
        }
    }

    private static void ChangeAll(BoltDatabase database)
    {
        using BoltWriteTransaction write = database.BeginWrite();
        foreach (byte[] name in write.BucketNames())
        {
            BoltBucket bucket = write.Bucket(name)!;
            for (int i = 0; i < 200; i += 3)
            {
                bucket.Put(Bytes($"{i:D16}"), new byte[i]);
                bucket.Delete(Bytes($"{i + 1:D16}"));
            }
        }

        write.DeleteBucket("outer"u8);
        write.Commit();
        database.Check();
    }

    private static byte[] Damage(byte[] image, Random random)
    {
        byte[] damaged = [.. image];
        int hits = 1 + random.Next(4);
        for (int hit = 0; hit < hits; hit++)
        {
            // Half of the hits go to the first bytes of a page, where the numbers are that others depend on.
            int page = random.Next(damaged.Length / PageSize);
            int offset = (page * PageSize) + (random.Next(2) == 0 ? random.Next(64) : random.Next(PageSize));
            damaged[offset] = random.Next(3) switch
            {
                0 => (byte)(damaged[offset] ^ (1 << random.Next(8))),
                1 => 0xFF,
                _ => (byte)random.Next(256),
            };
        }

        // Otherwise most hits on a meta would only be found out by its checksum.
        FixChecksum(damaged);
        FixChecksum(damaged.AsSpan(PageSize));
        return random.Next(10) == 0 ? damaged[..random.Next(damaged.Length)] : damaged;
    }

    private static void FixChecksum(Span<byte> meta) =>
        BinaryPrimitives.WriteUInt64LittleEndian(meta[72..], Fnv1a.Hash(meta[16..72]));

    /// <summary>Root page of bucket <c>key</c>, which is a branch, and page of the freelist.</summary>
    private static (int Branch, int Freelist) PagesInUse(byte[] image)
    {
        using BoltDatabase database = Open(image, readOnly: true);
        using BoltReadTransaction read = database.BeginRead();
        int branch = (int)read.Bucket("key"u8)!.Tree.RootPageId;
        Assert.Equal(PageFormat.BranchFlag, image[(branch * PageSize) + 8]);
        return (branch, (int)read.Version.Meta.FreelistPageId);
    }

    /// <summary>A tree of ten levels of one branch each, all children of which are the one below, and a leaf under them: with a bucket of that name, or
    /// empty.</summary>
    private static byte[] ForgeLattice(string? bucket)
    {
        const int Levels = 10;
        const int Children = 60;
        const int First = 2;
        const int Pages = First + Levels + 1;
        byte[] forged = new byte[Pages * PageSize];
        var meta = new Meta(PageSize, First, RootSequence: 0, PageFormat.NoFreelist, Pages, TransactionId: 2);
        meta.WriteTo(forged.AsSpan(0, PageSize), slot: 0);
        (meta with { TransactionId = 1 }).WriteTo(forged.AsSpan(PageSize, PageSize), slot: 1);
        for (int level = 0; level < Levels; level++)
        {
            Span<byte> branch = forged.AsSpan((First + level) * PageSize, PageSize);
            PageFormat.WriteHeader(branch, (ulong)(First + level), PageFormat.BranchFlag, Children, overflow: 0);
            for (int child = 0; child < Children; child++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(branch[(16 + (child * 16))..], 16);
                BinaryPrimitives.WriteInt32LittleEndian(branch[(16 + (child * 16) + 8)..], First + level + 1);
            }
        }

        Span<byte> leaf = forged.AsSpan((First + Levels) * PageSize);
        PageFormat.WriteHeader(leaf, First + Levels, PageFormat.LeafFlag, bucket is null ? 0 : 1, overflow: 0);
        if (bucket is not null)
        {
            byte[] name = System.Text.Encoding.ASCII.GetBytes(bucket);
            byte[] value = BucketSpiller.EmptyInlineValue();
            BinaryPrimitives.WriteUInt32LittleEndian(leaf[16..], PageFormat.BucketElementFlag);
            BinaryPrimitives.WriteInt32LittleEndian(leaf[20..], 16);
            BinaryPrimitives.WriteInt32LittleEndian(leaf[24..], name.Length);
            BinaryPrimitives.WriteInt32LittleEndian(leaf[28..], value.Length);
            name.CopyTo(leaf[32..]);
            value.CopyTo(leaf[(32 + name.Length)..]);
        }

        return forged;
    }

    private static BoltDatabase Open(byte[] image, bool readOnly) =>
        BoltDatabase.Open(DiskWith(image), "/db", new BoltOptions { ReadOnly = readOnly, PageSizeBytes = PageSize });

    private static SimulatedFileSystem DiskWith(byte[] content)
    {
        var disk = new SimulatedFileSystem();
        using IFile file = disk.Open("/db", FileOpening.CreateNew);
        file.Write(content, 0);
        return disk;
    }

    // Two levels of branches, runs of pages, nested and inline buckets, and free pages.
    private static byte[] MakeImage(bool storeFreelist)
    {
        using BoltDatabase database = Open([], readOnly: false, storeFreelist);
        for (int commit = 0; commit < 3; commit++)
        {
            using BoltWriteTransaction write = database.BeginWrite();
            BoltBucket key = write.CreateBucketIfMissing("key"u8);
            for (int i = commit * 100; i < 300; i++)
            {
                key.Put(Bytes($"{i:D16}"), new byte[i % 50 == 0 ? 3000 : i % 60]);
            }

            BoltBucket outer = write.CreateBucketIfMissing("outer"u8);
            BoltBucket inner = outer.CreateBucketIfMissing("inner"u8);
            inner.Put(Bytes($"k{commit}"), new byte[800]);
            outer.CreateBucketIfMissing("small"u8).Put(Bytes("k"), Bytes("v"));
            write.Commit();
        }

        using BoltReadTransaction read = database.BeginRead();
        using var copy = new MemoryStream();
        read.CopyTo(copy);
        return copy.ToArray();
    }

    private static BoltDatabase Open(byte[] image, bool readOnly, bool storeFreelist) => BoltDatabase.Open(
        DiskWith(image), "/db", new BoltOptions { ReadOnly = readOnly, PageSizeBytes = PageSize, StoreFreelist = storeFreelist });
}
