using System.Text;

using Etcd.Mvcc.Watch;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Mvcc.Tests.Watch;

public class WatchCreateTests
{
    private readonly WatchFixture _watch = new();

    [Fact]
    public void Create_StartNotGiven_SeesWhatComesAfterNow()
    {
        _watch.Store.Put("a", "1");
        _watch.Stream.Create(WatchFixture.Key("a"));
        _watch.Store.Put("a", "2");

        Assert.Equal(["0: created (2)", "0: put a=2@3 (3)"], _watch.Take());
    }

    [Fact]
    public void Create_StartInThePast_SeesHistoryAndThenTheLiveFeed()
    {
        _watch.Store.Put("a", "1");
        _watch.Store.Put("b", "1");
        _watch.Store.Put("a", "2");
        _watch.Stream.Create(WatchFixture.Key("a", start: 2));
        _watch.CatchUp();
        _watch.Store.Put("a", "3");

        Assert.Equal(["0: created (4)", "0: put a=1@2 put a=2@4 put a=3@5 (5)"], _watch.Take());
    }

    // Incident #20221: a watcher that starts in the future got events below its start revision.
    [Fact]
    public void Create_StartInTheFuture_SeesNothingBelowIt()
    {
        _watch.Stream.Create(WatchFixture.Key("a", start: 4));
        _watch.Store.Put("a", "1");
        _watch.Store.Put("a", "2");
        _watch.CatchUp();
        Assert.Equal(["0: created (1)"], _watch.Take());

        _watch.Store.Put("a", "3");

        Assert.Equal(["0: put a=3@4 (4)"], _watch.Take());
    }

    [Fact]
    public void Create_StartIsCurrentRevision_SeesThatRevision()
    {
        _watch.Store.Put("a", "1");
        _watch.Stream.Create(WatchFixture.Key("a", start: 2));
        _watch.CatchUp();

        Assert.Equal(["0: created (2)", "0: put a=1@2 (2)"], _watch.Take());
    }

    // Seen on etcd 3.5.30: the header of the last response has revision 0 and no reason is given.
    [Fact]
    public void Create_StartCompacted_IsCreatedAndThenCanceledWithTheCompactRevision()
    {
        for (int i = 0; i < 5; i++)
        {
            _watch.Store.Put("a");
        }

        _watch.Store.Compact(4);
        _watch.Stream.Create(WatchFixture.Key("a", start: 3));
        _watch.CatchUp();
        _watch.Store.Put("a");

        Assert.Equal(["0: created (6)", "0: compacted 4 (0)"], _watch.Take());
        Assert.Equal(0, _watch.Hub.WatcherCount);
    }

    [Fact]
    public void Create_StartIsCompactRevision_SeesThatRevision()
    {
        _watch.Store.Put("a", "1");
        _watch.Store.Put("a", "2");
        _watch.Store.Put("a", "3");
        _watch.Store.Compact(3);
        _watch.Stream.Create(WatchFixture.Key("a", start: 3));
        _watch.CatchUp();

        Assert.Equal(["0: created (4)", "0: put a=2@3 put a=3@4 (4)"], _watch.Take());
    }

    // Seen on etcd 3.5.30.
    [Fact]
    public void Create_NegativeStart_IsRefusedAsCompacted()
    {
        Assert.Equal(-1, _watch.Stream.Create(WatchFixture.Key("a", start: -5)));

        Assert.Equal(["-1: refused etcdserver: mvcc: required revision has been compacted (1)"], _watch.Take());
    }

    // Seen on etcd 3.5.30: ids are chosen from 0 upwards, past those in use; a client may choose a negative one.
    [Fact]
    public void Create_IdsGivenAndNot_AreTakenAndChosenFromZero()
    {
        Assert.Equal(1, _watch.Stream.Create(WatchFixture.Key("a") with { WatchId = 1 }));
        Assert.Equal(-5, _watch.Stream.Create(WatchFixture.Key("a") with { WatchId = -5 }));
        Assert.Equal(0, _watch.Stream.Create(WatchFixture.Key("a")));
        Assert.Equal(2, _watch.Stream.Create(WatchFixture.Key("a")));

        Assert.Equal(["1: created (1)", "-5: created (1)", "0: created (1)", "2: created (1)"], _watch.Take());
    }

    [Fact]
    public void Create_IdInUse_IsRefused()
    {
        _watch.Stream.Create(WatchFixture.Key("a") with { WatchId = 5 });

        Assert.Equal(-1, _watch.Stream.Create(WatchFixture.Key("b") with { WatchId = 5 }));

        Assert.Equal(
            ["5: created (1)", "-1: refused mvcc: duplicate watch ID provided on the WatchStream (1)"],
            _watch.Take());
    }

    [Theory]
    [InlineData("b", "a")]
    [InlineData("b", "b")]
    [InlineData("ba", "b")]
    public void Create_EmptyRange_IsRefused(string key, string end)
    {
        Assert.Equal(-1, _watch.Stream.Create(WatchFixture.Range(key, end)));

        Assert.Equal(["-1: refused mvcc: watcher range is empty (1)"], _watch.Take());
    }

    [Fact]
    public void Refuse_ByTheCaller_IsCreatedAndCanceledWithItsReason()
    {
        _watch.Stream.Refuse("etcdserver: permission denied");

        Assert.Equal(["-1: refused etcdserver: permission denied (1)"], _watch.Take());
    }

    // A client that asks and never reads had the answers gather without end: seven bytes of it kept some hundred here.
    [Theory]
    [InlineData("refused")]
    [InlineData("created")]
    [InlineData("created and canceled")]
    public async Task WaitForRoom_HundredThousandRequestsAndNobodyReads_FewAnswersWaitAndAllComeLater(string kind)
    {
        const int Requests = 100_000;
        int answersMax = new WatchOptions().StreamAnswersMax;
        int asked = 0;
        Task asking = AskAsync();
        Assert.False(asking.IsCompleted);
        Assert.InRange(asked, answersMax / 2, answersMax);
        Assert.InRange(_watch.Stream.Queue.PendingAnswers, answersMax, answersMax + 1);

        int taken = 0;
        int most = 0;
        int expected = kind == "created and canceled" ? 2 * Requests : Requests;
        while (taken < expected && await _watch.Stream.WaitAsync(TestContext.Current.CancellationToken))
        {
            most = Math.Max(most, _watch.Stream.Queue.PendingAnswers);
            while (_watch.Stream.TryTake(out _))
            {
                taken++;
            }
        }

        await asking;
        Assert.Equal((Requests, expected), (asked, taken));
        Assert.InRange(most, 1, answersMax + 1);
        Assert.Equal(0, _watch.Stream.Queue.PendingAnswers);

        async Task AskAsync()
        {
            while (asked < Requests)
            {
                await _watch.Stream.WaitForRoomAsync(TestContext.Current.CancellationToken);
                asked++;
                long id = _watch.Stream.Create(kind == "refused" ? WatchFixture.Range("b", "a") : WatchFixture.Key("a"));
                if (kind == "created and canceled")
                {
                    _watch.Stream.Cancel(id);
                }
            }
        }
    }

    [Fact]
    public async Task WaitForRoom_StreamIsDisposedOrTheClientGone_Ends()
    {
        var watch = new WatchFixture(new WatchOptions { StreamAnswersMax = 2 });
        watch.Stream.Refuse("no");
        watch.Stream.Refuse("no");
        using var gone = new CancellationTokenSource();
        Task left = watch.Stream.WaitForRoomAsync(gone.Token).AsTask();
        Task disposed = watch.Stream.WaitForRoomAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.False(left.IsCompleted || disposed.IsCompleted);

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        Assert.False(disposed.IsCompleted);
        watch.Stream.Dispose();

        await disposed;
        await watch.Stream.WaitForRoomAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Create_Range_SeesItsKeysOnly()
    {
        _watch.Stream.Create(WatchFixture.Range("b", "d"));
        foreach (string key in new[] { "a", "b", "c", "cz", "d" })
        {
            _watch.Store.Put(key);
        }

        Assert.Equal(["0: created (1)", "0: put b=v@3 put c=v@4 put cz=v@5 (5)"], _watch.Take());
    }

    [Fact]
    public void Create_RangeEndOneZeroByte_SeesAllKeysFromTheFirstOn()
    {
        _watch.Stream.Create(WatchFixture.Range("b", "\0"));
        _watch.Store.Put("a");
        _watch.Store.Put("b");
        _watch.Store.Put("zzz");

        Assert.Equal(["0: created (1)", "0: put b=v@3 put zzz=v@4 (4)"], _watch.Take());
    }

    [Fact]
    public void Create_EmptyKeyAndRangeEndOneZeroByte_SeesEverything()
    {
        _watch.Stream.Create(new WatchSpec { RangeEnd = new byte[1] });
        _watch.Store.Put("\0");
        _watch.Store.Put("a");

        Assert.Equal(["0: created (1)", "0: put \0=v@2 put a=v@3 (3)"], _watch.Take());
    }

    [Fact]
    public void Create_RangeOfOneKey_SeesThatKeyOnly()
    {
        _watch.Stream.Create(WatchFixture.Range("a", "a\0"));
        _watch.Store.Put("a");
        _watch.Store.Put("a\0");

        Assert.Equal(["0: created (1)", "0: put a=v@2 (2)"], _watch.Take());
    }

    [Fact]
    public void Cancel_Watcher_IsConfirmedAndSeesNothingMore()
    {
        _watch.Stream.Create(WatchFixture.Key("a"));
        _watch.Store.Put("a");

        Assert.True(_watch.Stream.Cancel(0));
        _watch.Store.Put("a");

        Assert.Equal(["0: created (1)", "0: canceled (2)"], _watch.Take());
        Assert.False(_watch.Hub.IsWanted);
    }

    [Fact]
    public void Cancel_UnknownId_IsIgnored()
    {
        Assert.False(_watch.Stream.Cancel(99));
        Assert.Empty(_watch.Take());
    }

    [Fact]
    public void Cancel_ThenCreateTheSameId_TellsTheEndOfTheOldOneFirst()
    {
        _watch.Stream.Create(WatchFixture.Key("a") with { WatchId = 5 });
        _watch.Stream.Cancel(5);
        _watch.Stream.Create(WatchFixture.Key("b") with { WatchId = 5 });
        _watch.Store.Put("b");

        Assert.Equal(["5: created (1)", "5: canceled (1)", "5: created (1)", "5: put b=v@2 (2)"], _watch.Take());
    }

    [Fact]
    public void Cancel_WhileBehind_ReadsNoHistory()
    {
        _watch.Store.Put("a");
        _watch.Stream.Create(WatchFixture.Key("a", start: 2));
        _watch.Stream.Cancel(0);
        _watch.CatchUp();

        Assert.Equal(["0: created (2)", "0: canceled (2)"], _watch.Take());
        Assert.Equal(0, _watch.Store.Reads);
    }

    [Fact]
    public async Task Dispose_Stream_EndsItsWatchersAndReleasesTheSender()
    {
        _watch.Stream.Create(WatchFixture.Key("a"));
        _watch.Take();
        ValueTask<bool> wait = _watch.Stream.WaitAsync(TestContext.Current.CancellationToken);

        _watch.Stream.Dispose();

        Assert.False(await wait);
        Assert.False(await _watch.Stream.WaitAsync(TestContext.Current.CancellationToken));
        Assert.Equal(WatchNotice.NoWatchId, _watch.Stream.Create(WatchFixture.Key("a")));
        Assert.Equal((0, 0, false), (_watch.Hub.StreamCount, _watch.Hub.WatcherCount, _watch.Hub.IsWanted));
    }

    [Fact]
    public async Task WaitAsync_TokenCancelled_Throws()
    {
        using var cancellation = new CancellationTokenSource();
        Task<bool> wait = _watch.Stream.WaitAsync(cancellation.Token).AsTask();

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _watch.Stream.WaitAsync(cancellation.Token).AsTask());
    }

    [Fact]
    public void WatchSpec_FromRequest_TakesEveryField()
    {
        var request = new WatchCreateRequest
        {
            Key = ByteString.CopyFromUtf8("k"),
            RangeEnd = ByteString.CopyFromUtf8("l"),
            StartRevision = 7,
            WatchId = 8,
            PrevKv = true,
            ProgressNotify = true,
            Fragment = true,
            Filters = { WatchCreateRequest.Types.FilterType.Nodelete },
        };

        WatchSpec spec = WatchSpec.From(request);

        Assert.Equal(("k", "l"), (Encoding.UTF8.GetString(spec.Key.Span), Encoding.UTF8.GetString(spec.RangeEnd.Span)));
        Assert.Equal((7L, 8L), (spec.StartRevision, spec.WatchId));
        Assert.Equal(
            (true, true, true, false, true),
            (spec.WithPreviousKeyValue, spec.WantsProgressNotices, spec.AllowsFragments, spec.WithoutPuts, spec.WithoutDeletes));
    }
}
