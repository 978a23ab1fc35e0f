using System.Buffers.Binary;

using Etcd.Bolt.Format;
using Etcd.Bolt.Pages;

namespace Etcd.Bolt.Integrity;

/// <summary>Walks all trees of a version and collects what is wrong, instead of stopping at the first fault.</summary>
/// <remarks>
/// <para>Checked: no page is used twice, or used and free; page headers; keys and values of a page lie behind its elements without a gap, end
/// in its last page, and zeros follow; keys ascend in a page, begin with the key that the branch above has for it, and end before the next one.</para>
/// <para>Every writer of this format packs its pages like that. That tells of an element count, a length or a position that was changed, where what is left
/// would still be a tree: one with fewer keys. Without a list of free pages a page that nothing refers to counts as free; whether a subtree is
/// missing shows by the page that should refer to it.</para>
/// </remarks>
internal sealed class IntegrityCheck
{
    private const int FaultsMax = 100;

    private readonly DatabaseVersion _version;
    private readonly PageSource _pages;
    private readonly PageBitmap _reached;
    private readonly List<DatabaseFault> _faults = [];
    private readonly Stack<Visit> _toVisit = new();

    private IntegrityCheck(DatabaseVersion version)
    {
        _version = version;
        _pages = version.Pages;
        _reached = new PageBitmap(version.Meta.HighWater);
    }

    /// <summary>Checks a version.</summary>
    /// <param name="version">The version; held by the caller.</param>
    /// <param name="free">Pages taken for free or pending; <see langword="null"/> to use the stored list, if there is one.</param>
    internal static IReadOnlyList<DatabaseFault> Run(DatabaseVersion version, PageBitmap? free)
    {
        var check = new IntegrityCheck(version);
        check.ReachFreelist(ref free);
        check.WalkTrees();
        if (free is not null)
        {
            check.CompareWithFree(free);
        }

        return check._faults;
    }

    private void ReachFreelist(ref PageBitmap? free)
    {
        ulong page = _version.Meta.FreelistPageId;
        if (page == PageFormat.NoFreelist)
        {
            return;
        }

        try
        {
            free ??= StoredFreelist.Read(_pages, page, _version.Meta.HighWater);
            Reach(_pages.RunAt(page));
        }
        catch (CorruptDatabaseException fault)
        {
            Report(fault.Offset, fault.Message);
        }
    }

    private void WalkTrees()
    {
        _toVisit.Push(new Visit(_version.Meta.RootPageId, TreeDepth: 0, BucketDepth: 0, default, default));
        while (_faults.Count < FaultsMax && _toVisit.TryPop(out Visit visit))
        {
            try
            {
                Enter(visit);
            }
            catch (CorruptDatabaseException fault)
            {
                Report(fault.Offset, fault.Message);
            }
        }
    }

    private void Enter(in Visit visit)
    {
        PageView page = _pages.TreePage(visit.PageId);
        if (!Reach(new PageRun(visit.PageId, page.Length / _pages.PageSizeBytes)))
        {
            return;
        }

        if (visit.TreeDepth > PageFormat.TreeDepthMax || visit.BucketDepth > PageFormat.BucketDepthMax)
        {
            Report(OffsetOf(visit.PageId), $"page {visit.PageId} lies more than 64 levels deep");
            return;
        }

        int end = CheckElements(page, visit);
        if (end >= 0)
        {
            CheckEnd(page, visit.PageId, end);
        }

        // A bucket without content lies inline in the page above it; only the tree of buckets itself may be an empty page.
        if (page.Count == 0 && (!page.IsLeaf || visit.TreeDepth > 0 || visit.BucketDepth > 0))
        {
            Report(OffsetOf(visit.PageId), $"page {visit.PageId} is empty");
        }

        if (page.IsLeaf)
        {
            EnterItems(page, visit.BucketDepth);
        }
        else
        {
            EnterChildren(page, visit);
        }
    }

    private void EnterChildren(PageView page, in Visit visit)
    {
        ReadOnlyMemory<byte> bytes = _pages.Memory(page.FileOffset, page.Length);
        ReadOnlyMemory<byte>? above = visit.KeyEnd;
        for (int i = page.Count - 1; i >= 0; i--)
        {
            (int start, int length) = page.KeyRange(i);
            ReadOnlyMemory<byte> key = bytes.Slice(start, length);
            _toVisit.Push(new Visit(page.Child(i), visit.TreeDepth + 1, visit.BucketDepth, key, above));
            above = key;
        }
    }

    private void EnterItems(PageView page, int bucketDepth)
    {
        for (int i = page.Count - 1; i >= 0; i--)
        {
            (int start, int length) = page.ValueRange(i);
            if (page.IsBucket(i))
            {
                EnterBucket(page.Value(i), page.FileOffset + start, bucketDepth + 1);
            }
            else if (bucketDepth == 0)
            {
                Report(page.FileOffset, $"top-level key {Convert.ToHexString(page.Key(i))} at offset {page.FileOffset} has a value of {length} bytes, "
                    + "where only buckets may be");
            }
        }
    }

    private void EnterBucket(ReadOnlySpan<byte> value, long offset, int bucketDepth)
    {
        if (value.Length < PageFormat.BucketHeaderBytes)
        {
            Report(offset, $"bucket value at offset {offset} has {value.Length} bytes, fewer than its header");
            return;
        }

        ulong root = BinaryPrimitives.ReadUInt64LittleEndian(value);
        if (root != 0)
        {
            if (value.Length != PageFormat.BucketHeaderBytes)
            {
                Report(offset, $"bucket value at offset {offset} names page {root} and has {value.Length} bytes instead of {PageFormat.BucketHeaderBytes}");
            }

            _toVisit.Push(new Visit(root, TreeDepth: 0, bucketDepth, default, default));
            return;
        }

        ReadOnlySpan<byte> inline = value[PageFormat.BucketHeaderBytes..];
        PageView page = _pages.InlinePage(inline, offset + PageFormat.BucketHeaderBytes);
        int end = CheckElements(page, new Visit(PageId: 0, TreeDepth: 0, bucketDepth, default, default));
        ulong id = BinaryPrimitives.ReadUInt64LittleEndian(inline);
        uint overflow = BinaryPrimitives.ReadUInt32LittleEndian(inline[12..]);
        if (id != 0 || overflow != 0 || (end >= 0 && end != inline.Length))
        {
            Report(offset, $"inline bucket at offset {offset} has id {id}, overflow {overflow}, and {inline.Length} bytes of which {end} are used");
        }

        for (int i = 0; i < page.Count; i++)
        {
            if (page.IsBucket(i))
            {
                Report(offset, $"inline bucket at offset {offset} holds a bucket");
            }
        }
    }

    /// <summary>Checks that the elements follow each other, in the order of their keys and without a gap between their bytes.</summary>
    /// <returns>Where the last one ends in the page; negative when a fault was found.</returns>
    private int CheckElements(PageView page, in Visit visit)
    {
        int next = PageFormat.HeaderBytes + (page.Count * PageFormat.ElementBytes);
        ReadOnlySpan<byte> previous = default;
        for (int i = 0; i < page.Count; i++)
        {
            (int keyStart, int keyLength) = page.KeyRange(i);
            if (keyStart != next)
            {
                Report(page.FileOffset, $"page at offset {page.FileOffset}: key {i} begins at {keyStart} of the page instead of {next}, of {page.Count} keys");
                return -1;
            }

            ReadOnlySpan<byte> key = page.Key(i);
            bool isAscending = i == 0 || KeyOrder.Compare(previous, key) < 0;
            bool isFirstOfPage = i > 0 || visit.KeyStart is not { } start || start.Span.SequenceEqual(key);
            bool isBelowEnd = visit.KeyEnd is not { } end || KeyOrder.Compare(key, end.Span) < 0;
            if (!isAscending || !isFirstOfPage || !isBelowEnd || keyLength == 0)
            {
                Report(page.FileOffset, $"page at offset {page.FileOffset}: key {i} ({Describe(key)}) is out of order");
                return -1;
            }

            previous = key;
            next = page.IsLeaf ? EndOf(page.ValueRange(i)) : keyStart + keyLength;
        }

        return next;
    }

    private static int EndOf((int Start, int Length) range) => range.Start + range.Length;

    private void CheckEnd(PageView page, ulong id, int end)
    {
        // Older bbolt takes one page more where the last one would be filled to its end.
        int run = page.Length / _pages.PageSizeBytes;
        if (run != PageFormat.PagesFor(end, _pages.PageSizeBytes) && run != (end / _pages.PageSizeBytes) + 1)
        {
            Report(page.FileOffset, $"page {id} has {run} pages, of which its elements fill {end} bytes");
            return;
        }

        int leftover = _pages.Memory(page.FileOffset + end, page.Length - end).Span.IndexOfAnyExcept((byte)0);
        if (leftover >= 0)
        {
            Report(page.FileOffset + end + leftover, $"page {id} ends at {end} of its bytes, and something stands at {end + leftover}");
        }
    }

    private bool Reach(PageRun run)
    {
        bool isNew = true;
        for (ulong page = run.Start; page < run.Start + (ulong)run.Count; page++)
        {
            if (!_reached.TryAdd(page))
            {
                Report(OffsetOf(page), $"page {page} is used more than once");
                isNew = false;
            }
        }

        return isNew;
    }

    private void CompareWithFree(PageBitmap free)
    {
        for (ulong page = PageFormat.MetaPages; page < _version.Meta.HighWater; page++)
        {
            bool isUsed = _reached.Contains(page);
            if (isUsed == free.Contains(page))
            {
                Report(OffsetOf(page), $"page {page} is {(isUsed ? "both used and free" : "neither used nor free")}");
            }
        }
    }

    private long OffsetOf(ulong page) => (long)page * _pages.PageSizeBytes;

    private void Report(long offset, string fault)
    {
        if (_faults.Count < FaultsMax)
        {
            _faults.Add(new DatabaseFault(offset, fault));
        }
    }

    private static string Describe(ReadOnlySpan<byte> key) =>
        key.Length <= 32 ? Convert.ToHexString(key) : $"{Convert.ToHexString(key[..32])}..., {key.Length} bytes";

    private readonly record struct Visit(
        ulong PageId, int TreeDepth, int BucketDepth, ReadOnlyMemory<byte>? KeyStart, ReadOnlyMemory<byte>? KeyEnd);
}
