namespace Etcd.Raft.Tests.Log;

public sealed class MemoryLogTests
{
    private static readonly ConfState OneVoter = new() { Voters = [1] };

    [Fact]
    public void Entries_AcrossArrays_ComeInOrder()
    {
        MemoryLog log = LogOf(1, 5000);

        ReadOnlyMemory<Entry> entries = log.Entries(500, 4500, ulong.MaxValue);

        Assert.Equal(Enumerable.Range(500, 4000).Select(i => (ulong)i), entries.ToArray().Select(e => e.Index));
    }

    [Theory]
    [InlineData(0UL, 1)]
    [InlineData(10UL, 1)]
    [InlineData(20UL, 2)]
    [InlineData(25UL, 2)]
    [InlineData(30UL, 3)]
    public void Entries_ByteLimit_GivesWhatFitsAndAtLeastOne(ulong bytesMax, int count)
    {
        // Each entry takes 10 bytes: two for the type, two for the term, two for the index, two and two for the data.
        var log = new MemoryLog();
        log.Append([.. Enumerable.Range(1, 5).Select(i => new Entry(1, (ulong)i, EntryType.Normal, new byte[2]))]);

        Assert.Equal(count, log.Entries(1, 6, bytesMax).Length);
    }

    [Fact]
    public void Entries_ByteLimitReachedInALaterArray_EndsThere()
    {
        MemoryLog log = LogOf(1, 3000);

        ReadOnlyMemory<Entry> entries = log.Entries(1000, 3001, bytesMax: 700);

        Assert.InRange(entries.Length, 50, 120);
        Assert.Equal(entries.Length, log.Entries(1000, 1000 + (ulong)entries.Length, ulong.MaxValue).Length);
        Assert.True(EntrySize.Encoded(entries.Span) <= 700);
        Assert.True(EntrySize.Encoded(log.Entries(1000, 1001 + (ulong)entries.Length, ulong.MaxValue).Span) > 700);
    }

    // Views are read by other threads while the log goes on.
    [Fact]
    public void Entries_TakenBeforeTruncationAndCompaction_StayAsTheyWere()
    {
        MemoryLog log = LogOf(1, 100);
        ReadOnlyMemory<Entry> view = log.Entries(1, 101, ulong.MaxValue);

        log.Append([new Entry(2, 50, EntryType.Normal, default)]);
        log.Compact(40);
        log.Append([new Entry(2, 51, EntryType.Normal, default)]);

        Assert.Equal(Enumerable.Range(1, 100).Select(i => (1UL, (ulong)i)), view.ToArray().Select(e => (e.Term, e.Index)));
    }

    [Fact]
    public void Log_AnySequenceOfChanges_EqualsAPlainList()
    {
        for (int seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            var log = new MemoryLog();
            List<(ulong Term, ulong Index)> model = [];
            ulong before = 0;
            for (ulong step = 1; step <= 200; step++)
            {
                if (random.Next(5) == 0 && model.Count > 0)
                {
                    ulong to = before + (ulong)random.Next(model.Count + 1);
                    log.Compact(to);
                    model.RemoveRange(0, (int)(to - before));
                    before = to;
                }
                else
                {
                    int keep = random.Next(3) == 0 ? random.Next(model.Count + 1) : model.Count;
                    model.RemoveRange(keep, model.Count - keep);
                    ulong first = before + (ulong)keep + 1;
                    Entry[] entries = [.. Enumerable.Range(0, random.Next(1, 700)).Select(i => new Entry(step, first + (ulong)i, EntryType.Normal, default))];
                    log.Append(entries);
                    model.AddRange(entries.Select(e => (e.Term, e.Index)));
                }

                Assert.Equal((before + 1, before + (ulong)model.Count), (log.FirstIndex, log.LastIndex));
            }

            Assert.Equal(model, log.Entries(log.FirstIndex, log.LastIndex + 1, ulong.MaxValue).ToArray().Select(e => (e.Term, e.Index)));
        }
    }

    [Fact]
    public void Append_LeavesAGap_StopsTheMember()
    {
        MemoryLog log = LogOf(1, 5);

        Assert.Throws<InvariantViolationException>(() => log.Append([new Entry(1, 7, EntryType.Normal, default)]));
    }

    [Fact]
    public void Append_PartlyCompactedAlready_TakesTheRest()
    {
        MemoryLog log = LogOf(1, 10);
        log.Compact(8);

        log.Append([.. Enumerable.Range(7, 6).Select(i => new Entry(2, (ulong)i, EntryType.Normal, default))]);

        Assert.Equal((9UL, 12UL), (log.FirstIndex, log.LastIndex));
        Assert.True(log.TryGetTerm(8, out ulong compacted) && compacted == 1);
        Assert.True(log.TryGetTerm(9, out ulong replaced) && replaced == 2);
    }

    [Fact]
    public void TryGetTerm_OutsideTheLog_KnowsOnlyTheEntryBeforeTheFirst()
    {
        MemoryLog log = LogOf(1, 10);
        log.Compact(4);

        Assert.False(log.TryGetTerm(3, out _));
        Assert.True(log.TryGetTerm(4, out _));
        Assert.True(log.TryGetTerm(10, out _));
        Assert.False(log.TryGetTerm(11, out _));
    }

    [Fact]
    public void ApplySnapshot_OlderThanTheOneHeld_ChangesNothing()
    {
        var log = new MemoryLog();

        Assert.True(log.ApplySnapshot(SnapshotAt(10)));
        Assert.False(log.ApplySnapshot(SnapshotAt(9)));
        Assert.Equal((11UL, 10UL), (log.FirstIndex, log.LastIndex));
        Assert.Equal(OneVoter, log.ConfState);
    }

    [Fact]
    public void CreateSnapshot_KeepsEntriesAndConfiguration()
    {
        var log = new MemoryLog();
        log.ApplySnapshot(SnapshotAt(1));
        log.Append([new Entry(1, 2, EntryType.Normal, default), new Entry(3, 3, EntryType.Normal, default)]);

        Snapshot? snapshot = log.CreateSnapshot(3, confState: null, "state"u8.ToArray());

        Assert.Equal(new SnapshotMetadata(3, 3, OneVoter), snapshot!.Metadata);
        Assert.Equal(2UL, log.FirstIndex);
        Assert.Null(log.CreateSnapshot(3, confState: null, default));
        Assert.Throws<InvariantViolationException>(() => log.CreateSnapshot(4, confState: null, default));
    }

    [Fact]
    public void ReleaseAttachments_UpToAnIndex_KeepsEntriesAndLaterAttachments()
    {
        var log = new MemoryLog();
        log.Append([.. Enumerable.Range(1, 10).Select(i => new Entry(1, (ulong)i, EntryType.Normal, new byte[i], new object()))]);

        log.ReleaseAttachments(6);

        Entry[] entries = log.Entries(1, 11, ulong.MaxValue).ToArray();
        Assert.Equal(Enumerable.Range(1, 10).Select(i => i > 6), entries.Select(e => e.Attachment is not null));
        Assert.Equal(Enumerable.Range(1, 10), entries.Select(e => e.Data.Length));
    }

    private static Snapshot SnapshotAt(ulong index) => new(new SnapshotMetadata(index, 1, OneVoter), default);

    private static MemoryLog LogOf(ulong first, ulong last)
    {
        var log = new MemoryLog();
        for (ulong index = first; index <= last; index++)
        {
            log.Append([new Entry(1, index, EntryType.Normal, default)]);
        }

        return log;
    }
}
