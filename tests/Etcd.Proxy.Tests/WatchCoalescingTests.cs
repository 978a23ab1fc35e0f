using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;
using Etcd.Proxy.Upstreams;
using Etcd.Proxy.Watching;
using Etcd.Testing;

using Google.Protobuf;

namespace Etcd.Proxy.Tests;

public sealed class WatchCoalescingTests
{
    private const long Future = 100;

    private static readonly NamespacedMessages Names = new(new KeyNamespace(ByteString.Empty));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // The watch that is there begins only at revision 100: whoever wants what is next would miss all before.
    [Fact(Timeout = 60_000)]
    public async Task Join_WhatIsNextBesideAWatchOfTheFuture_MissesNothing()
    {
        await using WatchedCluster cluster = await WatchedCluster.StartAsync();
        var coalescing = new WatchCoalescing(cluster.Upstream, Names, new ProxyFigures(), TimeProvider.System);
        ClientWatchStream early = Client(cluster, coalescing);
        ClientWatchStream now = Client(cluster, coalescing);

        await early.TakeAsync(Watch(Future), Cancellation);
        WatchResponse earlyCreated = await NextAsync(early);
        await now.TakeAsync(Watch(0), Cancellation);
        WatchResponse created = await NextAsync(now);
        WatchResponse news = await NextAsync(now);

        Assert.Equal((true, WatchedCluster.Revision), (earlyCreated.Created, earlyCreated.Header.Revision));
        Assert.Equal((true, WatchedCluster.Revision), (created.Created, created.Header.Revision));
        Assert.Equal(WatchedCluster.Revision + 1, Assert.Single(news.Events).Kv.ModRevision);
        early.Close();
        now.Close();
    }

    // The second watcher changes over to the watch of the first, and its own, which was asked maybe, ends.
    [Fact(Timeout = 60_000)]
    public async Task Progress_WatchersOfSeveralWatches_IsAnsweredWithTheLeastRevision()
    {
        await using WatchedCluster cluster = await WatchedCluster.StartAsync();
        var coalescing = new WatchCoalescing(cluster.Upstream, Names, new ProxyFigures(), TimeProvider.System);
        ClientWatchStream client = Client(cluster, coalescing);

        await client.TakeAsync(Watch(0), Cancellation);
        await client.TakeAsync(Watch(WatchedCluster.Revision), Cancellation);
        await client.TakeAsync(new WatchRequest { ProgressRequest = new WatchProgressRequest() }, Cancellation);
        WatchResponse answer = await NextAsync(client);
        while (answer.WatchId >= 0)
        {
            answer = await NextAsync(client);
        }

        Assert.Equal(WatchedCluster.Revision, answer.Header.Revision);
        client.Close();
    }

    // The id stayed taken for as long as the stream lived.
    [Fact(Timeout = 60_000)]
    public async Task Create_IdOfAWatcherThatTheClusterEnded_IsFreeAgain()
    {
        await using WatchedCluster cluster = await WatchedCluster.StartAsync();
        var coalescing = new WatchCoalescing(cluster.Upstream, Names, new ProxyFigures(), TimeProvider.System);
        ClientWatchStream client = Client(cluster, coalescing);
        WatchRequest old = Watch(WatchedCluster.Compacted - 1);
        WatchRequest again = Watch(Future);
        old.CreateRequest.WatchId = again.CreateRequest.WatchId = 7;

        await client.TakeAsync(old, Cancellation);
        WatchResponse created = await NextAsync(client);
        WatchResponse ended = await NextAsync(client);
        await client.TakeAsync(again, Cancellation);
        WatchResponse answer = await NextAsync(client);

        Assert.Equal((true, 7), (created.Created, created.WatchId));
        Assert.Equal((true, WatchedCluster.Compacted), (ended.Canceled, ended.CompactRevision));
        Assert.Equal((true, false, 7), (answer.Created, answer.Canceled, answer.WatchId));
        client.Close();
    }

    // What one may watch who came before authentication was switched on, one who comes after may not.
    [Fact(Timeout = 60_000)]
    public async Task Create_WithoutATokenOnceAuthenticationIsOn_IsRefusedBesideAWatchFromBefore()
    {
        await using WatchedCluster cluster = await WatchedCluster.StartAsync();
        var coalescing = new WatchCoalescing(cluster.Upstream, Names, new ProxyFigures(), TimeProvider.System);
        ClientWatchStream before = Client(cluster, coalescing);
        ClientWatchStream after = Client(cluster, coalescing);
        await before.TakeAsync(Watch(Future), Cancellation);
        WatchResponse created = await NextAsync(before);
        cluster.HasAuthentication = true;

        await after.TakeAsync(Watch(Future), Cancellation);
        WatchResponse refused = await NextAsync(after);

        Assert.Equal((true, false), (created.Created, created.Canceled));
        Assert.Equal((true, WatchedCluster.Refusal), (refused.Canceled, refused.CancelReason));
        before.Close();
        after.Close();
    }

    // The probe of those without a token must not cost what sharing saves.
    [Fact(Timeout = 60_000)]
    public async Task Create_ManyWithoutAToken_CostTheClusterOneWatchAndOneQuestion()
    {
        await using WatchedCluster cluster = await WatchedCluster.StartAsync();
        var time = new ManualTimeProvider();
        var coalescing = new WatchCoalescing(cluster.Upstream, Names, new ProxyFigures(), time);
        ClientWatchStream client = Client(cluster, coalescing);
        await client.TakeAsync(Watch(Future), Cancellation);
        await NextAsync(client);

        for (int number = 0; number < 100; number++)
        {
            await client.TakeAsync(Watch(Future), Cancellation);
            Assert.True((await NextAsync(client)).Created);
        }

        Assert.Equal((1, 1), (cluster.Watches, cluster.Ranges));
        time.Advance(AnonymousAccess.AgeMax + TimeSpan.FromMilliseconds(1));
        await client.TakeAsync(Watch(Future), Cancellation);
        Assert.Equal((1, 2), (cluster.Watches, cluster.Ranges));
        client.Close();
    }

    private static ClientWatchStream Client(WatchedCluster cluster, WatchCoalescing coalescing) =>
        new(cluster.Upstream, coalescing, Names, ForwardedCredentials.None);

    private static WatchRequest Watch(long startRevision) =>
        new() { CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8("k"), StartRevision = startRevision } };

    private static async Task<WatchResponse> NextAsync(ClientWatchStream client)
    {
        Assert.True(await client.Outbox.WaitAsync(Cancellation));
        Assert.True(client.Outbox.TryTake(out WatchResponse? message));
        return message;
    }
}
