using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Client.Tests;

/// <summary>The library against real etcd 3.5, over the real transport.</summary>
public sealed class RealServerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task Watch_ServerIsKilledAndComesBack_ReportsEveryRevisionOnce()
    {
        EtcdServerOptions options = new()
        {
            Kind = ServerKind.Real35,
            DataDirectory = _directory.File("data"),
            ClientPort = LoopbackPorts.Take(),
            PeerPort = LoopbackPorts.Take(),
        };
        EtcdServer server = await EtcdServer.StartAsync(options, CancellationToken);
        await using EtcdClient client = new(server.Endpoint);
        await using IAsyncEnumerator<WatchResponse> watch =
            client.Watch.WatchAsync(KeyRange.Prefix("k"), new WatchOptions { StartRevision = 2 }, CancellationToken)
                .GetAsyncEnumerator(CancellationToken);
        List<long> seen = [];

        for (int i = 0; i < 5; i++)
        {
            await client.Kv.PutAsync("k", "before", cancellationToken: CancellationToken);
        }

        await TakeUntilAsync(watch, seen, revision: 6);
        await server.KillAsync();
        await server.DisposeAsync();
        await using EtcdServer again = await EtcdServer.StartAsync(options, CancellationToken);
        for (int i = 0; i < 5; i++)
        {
            await client.Kv.PutAsync("k", "after", cancellationToken: CancellationToken);
        }

        await TakeUntilAsync(watch, seen, revision: 11);

        Assert.Equal([2, 3, 4, 5, 6, 7, 8, 9, 10, 11], seen);
    }

    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task Calls_OfEachPart_AreAnswered()
    {
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { Kind = ServerKind.Real35, DataDirectory = _directory.File("data") }, CancellationToken);
        await using EtcdClient client = new($"127.0.0.1:1,{server.Endpoint}");

        LeaseGrantResponse lease = await client.Leases.GrantAsync(60, cancellationToken: CancellationToken);
        TxnResponse transaction = await client.Kv.Transaction()
            .If(Conditions.IsMissing("a"))
            .Then(Operations.Put("a", "1", new PutOptions { Lease = lease.ID }))
            .Else(Operations.Get("a"))
            .CommitAsync(CancellationToken);
        LeaseKeepAliveResponse renewal = await client.Leases.KeepAliveOnceAsync(lease.ID, CancellationToken);
        LeaseTimeToLiveResponse time = await client.Leases.TimeToLiveAsync(lease.ID, withKeys: true, CancellationToken);
        MemberListResponse members = await client.Cluster.MembersAsync(cancellationToken: CancellationToken);
        StatusResponse status = await client.Maintenance.StatusAsync(server.Endpoint, CancellationToken);
        MemoryStream snapshot = new();
        long bytes = await client.Maintenance.SaveSnapshotAsync(snapshot, cancellationToken: CancellationToken);

        Assert.True(transaction.Succeeded);
        Assert.Equal(60, renewal.TTL);
        Assert.Equal("a", Assert.Single(time.Keys).ToStringUtf8());
        Assert.Single(members.Members);
        Assert.Equal("3.5.30", status.Version);
        Assert.Equal(snapshot.Length, bytes);
        Assert.Equal(32, bytes % 512);
    }

    public void Dispose() => _directory.Dispose();

    private static async Task TakeUntilAsync(IAsyncEnumerator<WatchResponse> watch, List<long> seen, long revision)
    {
        while (seen.Count == 0 || seen[^1] < revision)
        {
            Assert.True(await watch.MoveNextAsync());
            seen.AddRange(watch.Current.Events.Select(change => change.Kv.ModRevision));
        }
    }
}
