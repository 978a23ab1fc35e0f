using Etcd.Client.Tests.Scripted;
using Etcd.Grpc;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Google.Protobuf;
using WatchScript = Etcd.Client.Tests.Scripted.ScriptedStream<Etcd.Protocol.Rpc.WatchRequest, Etcd.Protocol.Rpc.WatchResponse>;

namespace Etcd.Client.Tests.Watching;

public class WatchResumeTests
{
    private readonly ScriptedCluster _cluster = new();

    [Fact]
    public async Task Watch_ConnectionLost_ResumesAfterTheLastReportedRevision()
    {
        WatchScript first = _cluster["a"].Stream<WatchRequest, WatchResponse>();
        WatchScript second = _cluster["b"].Stream<WatchRequest, WatchResponse>();
        await using EtcdClient client = Client();
        await using IAsyncEnumerator<WatchResponse> watch = Read(client.Watch.Open("k"));

        first.Push(Created(revision: 10));
        first.Push(Events(11, 11, 12));
        await watch.MoveNextAsync();
        first.Push(ScriptedCluster.ConnectionLost);
        second.Push(Created(revision: 20));
        second.Push(Events(13));
        await watch.MoveNextAsync();

        Assert.Equal(0, (await first.NextRequestAsync()).CreateRequest.StartRevision);
        Assert.Equal(13, (await second.NextRequestAsync()).CreateRequest.StartRevision);
        Assert.Equal([13], Revisions(watch.Current));
        Assert.True(first.IsDisposed);
    }

    // Incident #15271: a watch that moved to a lagging member went back in time.
    [Fact]
    public async Task Watch_NewMemberSendsOlderEvents_TheyAreDropped()
    {
        WatchScript first = _cluster["a"].Stream<WatchRequest, WatchResponse>();
        WatchScript second = _cluster["b"].Stream<WatchRequest, WatchResponse>();
        await using EtcdClient client = Client();
        await using IAsyncEnumerator<WatchResponse> watch = Read(client.Watch.Open("k", new WatchOptions { StartRevision = 5 }));

        first.Push(Created(revision: 9));
        first.Push(Events(8));
        await watch.MoveNextAsync();
        first.Push(ScriptedCluster.ConnectionLost);
        second.Push(Created(revision: 6));
        second.Push(Progress(revision: 6));
        second.Push(Events(7, 8));
        second.Push(Events(8, 9));
        await watch.MoveNextAsync();

        Assert.Equal([9], Revisions(watch.Current));
    }

    [Fact]
    public async Task Watch_LostBeforeItsFirstEvent_ResumesRightAfterTheRevisionItBeganAt()
    {
        WatchScript first = _cluster["a"].Stream<WatchRequest, WatchResponse>();
        WatchScript second = _cluster["b"].Stream<WatchRequest, WatchResponse>();
        await using EtcdClient client = Client();
        await using IAsyncEnumerator<WatchResponse> watch = Read(client.Watch.Open("k"));

        first.Push(Created(revision: 41));
        first.Push(ScriptedCluster.ConnectionLost);
        second.Push(Created(revision: 50));
        second.Push(Events(42));
        await watch.MoveNextAsync();

        Assert.Equal(42, (await second.NextRequestAsync()).CreateRequest.StartRevision);
    }

    [Fact]
    public async Task Watch_ConfirmationsAreWanted_TellEveryConnectionAheadOfItsChanges()
    {
        WatchScript first = _cluster["a"].Stream<WatchRequest, WatchResponse>();
        WatchScript second = _cluster["b"].Stream<WatchRequest, WatchResponse>();
        await using EtcdClient client = Client();
        await using IAsyncEnumerator<WatchResponse> watch = Read(client.Watch.Open("k", new WatchOptions { StartRevision = 11, Confirmations = true }));

        first.Push(Created(revision: 10));
        first.Push(Events(11));
        first.Push(ScriptedCluster.ConnectionLost);
        second.Push(Created(revision: 5));
        second.Push(Events(12));
        List<(bool Created, long Revision)> read = [];
        while (read.Count < 4 && await watch.MoveNextAsync())
        {
            read.Add((watch.Current.Created, watch.Current.Header.Revision));
        }

        Assert.Equal([(true, 10), (false, 11), (true, 5), (false, 12)], read);
    }

    [Fact]
    public async Task Watch_Progress_IsReportedAndMovesTheResumePoint()
    {
        WatchScript first = _cluster["a"].Stream<WatchRequest, WatchResponse>();
        WatchScript second = _cluster["b"].Stream<WatchRequest, WatchResponse>();
        await using EtcdClient client = Client();
        await using IAsyncEnumerator<WatchResponse> watch = Read(client.Watch.Open("k", new WatchOptions { ProgressNotify = true }));

        first.Push(Created(revision: 10));
        first.Push(Progress(revision: 30));
        await watch.MoveNextAsync();
        Assert.Empty(watch.Current.Events);
        Assert.Equal(30, watch.Current.Header.Revision);
        first.Push(ScriptedCluster.ConnectionLost);
        second.Push(Created(revision: 31));
        second.Push(Events(31));
        await watch.MoveNextAsync();

        Assert.Equal(31, (await second.NextRequestAsync()).CreateRequest.StartRevision);
    }

    [Fact]
    public async Task Watch_Fragments_AreJoinedAndHalfMessagesForgotten()
    {
        WatchScript first = _cluster["a"].Stream<WatchRequest, WatchResponse>();
        WatchScript second = _cluster["b"].Stream<WatchRequest, WatchResponse>();
        await using EtcdClient client = Client();
        await using IAsyncEnumerator<WatchResponse> watch = Read(client.Watch.Open("k", new WatchOptions { Fragment = true }));

        first.Push(Created(revision: 10));
        first.Push(Fragment(Events(11)));
        first.Push(ScriptedCluster.ConnectionLost);
        second.Push(Created(revision: 11));
        second.Push(Fragment(Events(11)));
        second.Push(Events(11, 12));
        await watch.MoveNextAsync();

        Assert.Equal([11, 11, 12], Revisions(watch.Current));
    }

    [Fact]
    public async Task Watch_Compacted_ThrowsWithTheOldestRevision()
    {
        WatchScript stream = _cluster["a"].Stream<WatchRequest, WatchResponse>();
        await using EtcdClient client = Client();
        await using IAsyncEnumerator<WatchResponse> watch = Read(client.Watch.Open("k", new WatchOptions { StartRevision = 2 }));

        stream.Push(new WatchResponse { Header = new ResponseHeader(), Canceled = true, CompactRevision = 18 });

        WatchCompactedException error = await Assert.ThrowsAsync<WatchCompactedException>(() => watch.MoveNextAsync().AsTask());
        Assert.Equal(18, error.CompactRevision);
    }

    [Fact]
    public async Task Watch_Canceled_ThrowsWithTheReason()
    {
        WatchScript stream = _cluster["a"].Stream<WatchRequest, WatchResponse>();
        await using EtcdClient client = Client();
        await using IAsyncEnumerator<WatchResponse> watch = Read(client.Watch.Open("k"));

        stream.Push(new WatchResponse
        {
            Header = new ResponseHeader(),
            Created = true,
            Canceled = true,
            CancelReason = "etcdserver: permission denied",
        });

        WatchCanceledException error = await Assert.ThrowsAsync<WatchCanceledException>(() => watch.MoveNextAsync().AsTask());
        Assert.Equal("etcdserver: permission denied", error.Message);
    }

    [Fact]
    public async Task Watch_MemberHasNoLeader_EndsTheWatch()
    {
        _cluster["a"].RefusesStream(new RpcException(RpcStatusCode.Unavailable, "etcdserver: no leader"));
        await using EtcdClient client = Client();
        await using IAsyncEnumerator<WatchResponse> watch = Read(client.Watch.Open("k", new WatchOptions { RequireLeader = true }));

        RpcException error = await Assert.ThrowsAsync<RpcException>(() => watch.MoveNextAsync().AsTask());

        Assert.Equal("etcdserver: no leader", error.Message);
        Assert.Equal("true", _cluster["a"].Options[0].Metadata?.Get("hasleader"));
    }

    [Fact]
    public async Task RequestProgress_BeforeTheStreamIsThere_IsAskedAsSoonAsItIs()
    {
        WatchScript stream = _cluster["a"].Stream<WatchRequest, WatchResponse>();
        await using EtcdClient client = Client();
        Watcher watcher = client.Watch.Open("k");
        await using IAsyncEnumerator<WatchResponse> watch = Read(watcher);

        await watcher.RequestProgressAsync(TestContext.Current.CancellationToken);
        stream.Push(Created(revision: 3));
        stream.Push(Progress(revision: 3));
        await watch.MoveNextAsync();

        Assert.NotNull((await stream.NextRequestAsync()).CreateRequest);
        Assert.NotNull((await stream.NextRequestAsync()).ProgressRequest);
    }

    [Fact]
    public async Task Watch_ReaderStops_TheStreamEnds()
    {
        WatchScript stream = _cluster["a"].Stream<WatchRequest, WatchResponse>();
        await using EtcdClient client = Client();

        await using (IAsyncEnumerator<WatchResponse> watch = Read(client.Watch.Open("k")))
        {
            stream.Push(Created(revision: 1));
            stream.Push(Events(2));
            await watch.MoveNextAsync();
        }

        Assert.True(stream.IsDisposed);
    }

    private static IAsyncEnumerator<WatchResponse> Read(Watcher watcher) =>
        watcher.ReadAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);

    private static WatchResponse Created(long revision) =>
        new() { Header = new ResponseHeader { Revision = revision }, Created = true };

    private static WatchResponse Progress(long revision) => new() { Header = new ResponseHeader { Revision = revision } };

    private static WatchResponse Events(params long[] revisions)
    {
        WatchResponse reply = new() { Header = new ResponseHeader { Revision = revisions[^1] } };
        foreach (long revision in revisions)
        {
            reply.Events.Add(new Event { Kv = new KeyValue { Key = ByteString.CopyFromUtf8("k"), ModRevision = revision } });
        }

        return reply;
    }

    private static WatchResponse Fragment(WatchResponse reply)
    {
        reply.Fragment = true;
        return reply;
    }

    private static IEnumerable<long> Revisions(WatchResponse reply) => reply.Events.Select(change => change.Kv.ModRevision);

    private EtcdClient Client() => _cluster.Client(new EtcdClientOptions { Endpoints = ["a", "b"] });
}
