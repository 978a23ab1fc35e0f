namespace Etcd.Raft.Tests.Log;

public sealed class RaftLogTests
{
    [Fact]
    public void Slice_AcrossStableAndUnstable_JoinsBoth()
    {
        (MemoryLog storage, RaftLog log) = LogOf(stable: 5, unstable: 5);

        Assert.Equal([4UL, 5UL, 6UL, 7UL], Indexes(log.Slice(4, 8, ulong.MaxValue)));
        Assert.Equal(5UL, storage.LastIndex);
    }

    [Fact]
    public void Slice_AcrossStableAndUnstable_KeepsTheByteLimit()
    {
        (_, RaftLog log) = LogOf(stable: 5, unstable: 5);
        ulong each = EntrySize.Encoded(log.Slice(1, 2, ulong.MaxValue).Span);

        for (ulong fitting = 1; fitting <= 6; fitting++)
        {
            Assert.Equal((int)fitting, log.Slice(4, 10, (fitting * each) + each - 1).Length);
        }
    }

    [Fact]
    public void TryAppend_SameEntriesAgain_ChangesNothing()
    {
        (_, RaftLog log) = LogOf(stable: 0, unstable: 5);
        ReadOnlyMemory<Entry> again = log.Slice(2, 4, ulong.MaxValue);

        Assert.True(log.TryAppend(new EntryId(1, 1), again.Span, leaderCommit: 0, out ulong lastNew));
        Assert.Equal((3UL, 5UL), (lastNew, log.LastIndex));
    }

    [Fact]
    public void TryAppend_Conflict_ReplacesFromThereOn()
    {
        (_, RaftLog log) = LogOf(stable: 0, unstable: 5);

        Assert.True(log.TryAppend(new EntryId(1, 2), [new Entry(2, 3, EntryType.Normal, default)], leaderCommit: 9, out _));
        Assert.Equal((3UL, 2UL, 3UL), (log.LastIndex, log.TermOrZero(3), log.Committed));
    }

    [Fact]
    public void TryAppend_ConflictWithACommittedEntry_StopsTheMember()
    {
        (_, RaftLog log) = LogOf(stable: 0, unstable: 5);
        log.CommitTo(3);

        Assert.Throws<InvariantViolationException>(() => log.TryAppend(new EntryId(1, 2), [new Entry(2, 3, EntryType.Normal, default)], 0, out _));
    }

    [Fact]
    public void CommitTo_IndexBeyondLastEntry_StopsTheMember()
    {
        (_, RaftLog log) = LogOf(stable: 0, unstable: 5);

        Assert.Throws<InvariantViolationException>(() => log.CommitTo(6));
    }

    // Slices handed to other threads must not see what comes after.
    [Fact]
    public void UnstableSlice_TakenBeforeReplacement_StaysAsItWas()
    {
        (_, RaftLog log) = LogOf(stable: 0, unstable: 5);
        ReadOnlyMemory<Entry> handedOut = log.Unstable.EntriesToWrite;
        log.Unstable.MarkInProgress();

        log.Append([new Entry(2, 3, EntryType.Normal, default)]);
        log.Unstable.StableTo(new EntryId(2, 3));
        log.Append([new Entry(2, 4, EntryType.Normal, default)]);

        Assert.Equal(Enumerable.Repeat(1UL, 5), handedOut.ToArray().Select(e => e.Term));
    }

    [Fact]
    public void StableTo_EntryWasReplacedMeanwhile_KeepsTheReplacement()
    {
        (_, RaftLog log) = LogOf(stable: 0, unstable: 5);
        log.Unstable.MarkInProgress();
        log.Append([new Entry(2, 5, EntryType.Normal, default)]);

        log.Unstable.StableTo(new EntryId(1, 5));

        Assert.Equal(5, log.Unstable.Count);
        Assert.Equal(5UL, log.Unstable.OffsetInProgress);
        Assert.Equal([5UL], Indexes(log.Unstable.EntriesToWrite));
    }

    [Fact]
    public void NextCommitted_ByteLimit_WaitsUntilThePreviousAreApplied()
    {
        var log = new RaftLog(new MemoryLog(), applyingBytesMax: 25, observer: null);
        log.Append([.. Enumerable.Range(1, 5).Select(i => new Entry(1, (ulong)i, EntryType.Normal, new byte[2]))]);
        log.CommitTo(5);

        ReadOnlyMemory<Entry> first = log.NextCommitted(allowUnstable: true);
        log.MarkApplying(first.Span, allowUnstable: true);

        Assert.Equal([1UL, 2UL], Indexes(first));
        Assert.False(log.HasNextCommitted(allowUnstable: true));
        log.MarkApplied(2, EntrySize.Encoded(first.Span));
        Assert.Equal([3UL, 4UL], Indexes(log.NextCommitted(allowUnstable: true)));
    }

    [Theory]
    [InlineData(9UL, 3UL, 3UL, 5UL)]
    [InlineData(5UL, 9UL, 5UL, 5UL)]
    [InlineData(4UL, 2UL, 2UL, 3UL)]
    [InlineData(2UL, 0UL, 0UL, 0UL)]
    public void FindLastNotAbove_GivesTheHighestPlaceBothLogsMayShare(ulong index, ulong term, ulong foundTerm, ulong foundIndex)
    {
        var log = new RaftLog(new MemoryLog(), ulong.MaxValue, observer: null);
        log.Append(
        [
            new Entry(1, 1, EntryType.Normal, default),
            new Entry(2, 2, EntryType.Normal, default),
            new Entry(2, 3, EntryType.Normal, default),
            new Entry(3, 4, EntryType.Normal, default),
            new Entry(3, 5, EntryType.Normal, default),
            new Entry(5, 6, EntryType.Normal, default),
        ]);
        EntryId expected = (index, term) == (5, 9) ? new EntryId(3, 5) : new EntryId(foundTerm, foundIndex);

        Assert.Equal(expected, log.FindLastNotAbove(Math.Min(index, log.LastIndex), term));
    }

    private static ulong[] Indexes(ReadOnlyMemory<Entry> entries) => [.. entries.ToArray().Select(e => e.Index)];

    private static (MemoryLog Storage, RaftLog Log) LogOf(int stable, int unstable)
    {
        var storage = new MemoryLog();
        storage.Append([.. Enumerable.Range(1, stable).Select(i => new Entry(1, (ulong)i, EntryType.Normal, default))]);
        var log = new RaftLog(storage, ulong.MaxValue, observer: null);
        log.Append([.. Enumerable.Range(stable + 1, unstable).Select(i => new Entry(1, (ulong)i, EntryType.Normal, default))]);
        return (storage, log);
    }
}
