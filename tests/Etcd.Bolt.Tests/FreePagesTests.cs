using Etcd.Bolt.Pages;

namespace Etcd.Bolt.Tests;

/// <summary>Which pages may be written again, and when.</summary>
public sealed class FreePagesTests
{
    private const int PageSize = 4096;

    [Fact]
    public void TryAllocate_SeveralRunsFit_TakesTheLowest()
    {
        FreePages free = Of(5, 6, 7, 10, 11, 20);

        Assert.True(free.TryAllocate(2, out PageRun two));
        Assert.True(free.TryAllocate(1, out PageRun one));
        Assert.True(free.TryAllocate(2, out PageRun another));
        Assert.False(free.TryAllocate(2, out _));

        Assert.Equal(new PageRun(5, 2), two);
        Assert.Equal(new PageRun(7, 1), one);
        Assert.Equal(new PageRun(10, 2), another);
        Assert.Equal(1UL, free.FreeCount);
    }

    [Fact]
    public void Return_PagesOfATransactionThatFailed_AreTakenAgain()
    {
        FreePages free = Of(5, 6);
        Assert.True(free.TryAllocate(2, out PageRun run));
        Assert.False(free.TryAllocate(2, out _));

        free.Return(run);

        Assert.True(free.TryAllocate(2, out PageRun again));
        Assert.Equal(run, again);
    }

    // A run crosses the 64-page words that the set is kept in.
    [Fact]
    public void TryAllocate_RunAcrossWords_IsFound()
    {
        FreePages free = Of([.. Enumerable.Range(60, 80)]);

        Assert.True(free.TryAllocate(80, out PageRun run));

        Assert.Equal(new PageRun(60, 80), run);
    }

    [Fact]
    public void Release_NoReaders_FreesAllThatWasFreed()
    {
        FreePages free = Of();
        Commit(free, 10, freed: [new PageRun(3, 1)]);
        Commit(free, 11, freed: [new PageRun(8, 2)]);
        Assert.Equal(3UL, free.PendingCount);

        free.Release([], ulong.MaxValue);

        Assert.Equal(0UL, free.PendingCount);
        Assert.Equal(3UL, free.FreeCount);
    }

    [Fact]
    public void Release_ReaderOfAVersion_HoldsWhatLaterTransactionsFreed()
    {
        FreePages free = Of();
        Commit(free, 10, freed: [new PageRun(3, 1)]);
        Commit(free, 11, freed: [new PageRun(8, 1)]);
        Commit(free, 12, freed: [new PageRun(9, 1)]);

        free.Release([11], ulong.MaxValue);
        Assert.Equal(2UL, free.FreeCount);

        free.Release([], 11);
        Assert.Equal(3UL, free.FreeCount);
    }

    [Theory]
    [InlineData(9UL, true)] // came and went after the reader's version
    [InlineData(10UL, false)] // is in the reader's version
    [InlineData(11UL, false)] // the same, and in a later one
    [InlineData(12UL, true)] // the reader began after it was gone
    public void Release_PageAllocatedInTenAndFreedInTwelve_IsHeldByReadersOfTenAndEleven(ulong reader, bool isFree)
    {
        FreePages free = Of(5);
        Commit(free, 10, allocate: 1, olderReaders: true);
        Commit(free, 11, freed: [new PageRun(30, 1)]);
        Commit(free, 12, freed: [new PageRun(5, 1)]);

        free.Release([reader], ulong.MaxValue);

        Assert.Equal(isFree, free.Snapshot().Contains(5) && free.TryAllocate(1, out PageRun run) && run.Start == 5);
    }

    [Fact]
    public void Release_TwoReadersAroundAPage_FreesIt_AndHoldsItForOneBetween()
    {
        FreePages around = Of(5);
        Commit(around, 10, allocate: 1, olderReaders: true);
        Commit(around, 12, freed: [new PageRun(5, 1)]);
        around.Release([9, 13], ulong.MaxValue);
        Assert.Equal(1UL, around.FreeCount);

        FreePages between = Of(5);
        Commit(between, 10, allocate: 1, olderReaders: true);
        Commit(between, 12, freed: [new PageRun(5, 1)]);
        between.Release([9, 11, 13], ulong.MaxValue);
        Assert.Equal(0UL, between.FreeCount);

        // The reader between ended: the page is judged again, though older and younger readers go on.
        between.Release([9, 13], oldestEnded: 11);
        Assert.Equal(1UL, between.FreeCount);
    }

    [Fact]
    public void TryAllocateBelow_OnlyARunFurtherBackFits_TakesNothing()
    {
        FreePages free = Of(5, 10, 11, 12);

        Assert.False(free.TryAllocateBelow(end: 11, count: 2, out _));
        Assert.True(free.TryAllocateBelow(end: 12, count: 2, out PageRun two));
        Assert.True(free.TryAllocateBelow(end: 6, count: 1, out PageRun one));

        Assert.Equal(new PageRun(10, 2), two);
        Assert.Equal(new PageRun(5, 1), one);
        Assert.Equal(1UL, free.FreeCount);
    }

    [Fact]
    public void GiveUpFrom_FreePagesAtTheEnd_AreNeverTakenAgain()
    {
        FreePages free = Of(5, 97, 98, 99);
        Assert.Equal(97UL, free.StartOfFreeTail(highWater: 100));
        Assert.Equal(101UL, free.StartOfFreeTail(highWater: 101));

        free.GiveUpFrom(98);

        Assert.Equal(2UL, free.FreeCount);
        Assert.False(free.TryAllocate(2, out _));
        Assert.True(free.TryAllocate(1, out PageRun low));
        Assert.True(free.TryAllocate(1, out PageRun high));
        Assert.Equal((5UL, 97UL), (low.Start, high.Start));
    }

    [Fact]
    public void LastMemberBelow_AnySetAndEnd_IsTheHighestBelow()
    {
        var random = new Random(7);
        for (int round = 0; round < 200; round++)
        {
            SortedSet<ulong> model = [.. Enumerable.Range(0, random.Next(12)).Select(_ => (ulong)random.Next(300))];
            var set = new PageBitmap(300);
            foreach (ulong page in model)
            {
                Assert.True(set.TryAdd(page));
            }

            for (ulong end = 0; end < 400; end += (ulong)random.Next(1, 40))
            {
                ulong expected = model.Where(page => page < end).DefaultIfEmpty(PageBitmap.None).Max();
                Assert.Equal(model.Any(page => page < end) ? expected : PageBitmap.None, set.LastMemberBelow(end));
            }
        }
    }

    private static FreePages Of(params int[] pages)
    {
        var bitmap = new PageBitmap(1000);
        foreach (int page in pages)
        {
            Assert.True(bitmap.TryAdd((ulong)page));
        }

        return new FreePages(bitmap);
    }

    private static void Commit(
        FreePages free, ulong transactionId, PageRun[]? freed = null, int allocate = 0, bool olderReaders = false)
    {
        using var allocation = new PageAllocation(free, PageSize, highWater: 500);
        for (int i = 0; i < allocate; i++)
        {
            allocation.Allocate(1, out _);
        }

        foreach (PageRun run in freed ?? [])
        {
            allocation.Free(run);
        }

        free.Committed(transactionId, allocation, olderReaders);
    }
}
