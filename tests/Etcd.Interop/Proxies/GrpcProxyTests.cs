using System.Globalization;

using Etcd.Client;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Proxies;

// The gRPC proxy between clients and a cluster, of either kind.
public sealed class GrpcProxyTests : IDisposable
{
    private const int ManyWatchers = 1000;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Proxy_KeysLeasesAndTransactions_AreThoseOfTheCluster(ServerKind kind)
    {
        await using EtcdServer server = await StartAsync(kind);
        await using ProxyProcess proxy = await ProxyProcess.StartGrpcAsync(server.Endpoint);
        await using var client = new EtcdClient(proxy.Endpoint);
        await using var direct = new EtcdClient(server.Endpoint);

        LeaseGrantResponse lease = await client.Leases.GrantAsync(60, cancellationToken: Cancellation);
        await client.Kv.PutAsync("a", "1", new PutOptions { Lease = lease.ID }, Cancellation);
        RangeResponse seen = await direct.Kv.GetAsync("a", cancellationToken: Cancellation);
        await client.Leases.RevokeAsync(lease.ID, Cancellation);
        RangeResponse gone = await client.Kv.GetAsync("a", cancellationToken: Cancellation);

        Assert.Equal(("1", lease.ID), (seen.Kvs[0].Value.ToStringUtf8(), seen.Kvs[0].Lease));
        Assert.Empty(gone.Kvs);
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Proxy_ManyWatchersOfOneKey_CostTheServerOneWatch(ServerKind kind)
    {
        await using EtcdServer server = await StartAsync(kind);
        await using ProxyProcess proxy = await ProxyProcess.StartGrpcAsync(server.Endpoint);
        await using var client = new EtcdClient(proxy.Endpoint);
        long first = (await client.Kv.PutAsync("k", "before", cancellationToken: Cancellation)).Header.Revision;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        List<IAsyncEnumerator<WatchResponse>> watchers =
        [
            .. Enumerable.Range(0, ManyWatchers).Select(number => client.Watch
                .WatchAsync("k", new WatchOptions { StartRevision = first }, end.Token).GetAsyncEnumerator(end.Token)),
        ];
        Assert.All(await Task.WhenAll(watchers.Select(NextAsync)), change => Assert.Equal("before", change.Kv.Value.ToStringUtf8()));

        await client.Kv.PutAsync("k", "after", cancellationToken: Cancellation);
        Assert.All(await Task.WhenAll(watchers.Select(NextAsync)), change => Assert.Equal("after", change.Kv.Value.ToStringUtf8()));

        await MetricBecomesAsync(server, "etcd_debugging_mvcc_watcher_total", 1);
        await end.CancelAsync();
        foreach (IAsyncEnumerator<WatchResponse> watcher in watchers)
        {
            await watcher.DisposeAsync();
        }

        await MetricBecomesAsync(server, "etcd_debugging_mvcc_watcher_total", 0);
    }

    [Theory]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Proxy_WatchFromACompactedRevision_IsEndedWithTheRevision(ServerKind kind)
    {
        await using EtcdServer server = await StartAsync(kind);
        await using ProxyProcess proxy = await ProxyProcess.StartGrpcAsync(server.Endpoint);
        await using var client = new EtcdClient(proxy.Endpoint);
        for (int number = 0; number < 5; number++)
        {
            await client.Kv.PutAsync("k", "v", cancellationToken: Cancellation);
        }

        await client.Kv.CompactAsync(5, cancellationToken: Cancellation);

        WatchCompactedException end = await Assert.ThrowsAsync<WatchCompactedException>(async () =>
            await NextAsync(client.Watch.WatchAsync("k", new WatchOptions { StartRevision = 2 }, Cancellation).GetAsyncEnumerator(Cancellation)));
        Assert.Equal(5, end.CompactRevision);
    }

    [Fact]
    public async Task Proxy_ServerComesBack_GoesOnWithWatchesAndCalls()
    {
        EtcdServer server = await StartAsync(ServerKind.Ours);
        await using ProxyProcess proxy = await ProxyProcess.StartGrpcAsync(server.Endpoint);
        await using var client = new EtcdClient(proxy.Endpoint);
        await client.Kv.PutAsync("k", "one", cancellationToken: Cancellation);
        IAsyncEnumerator<WatchResponse> watch = client.Watch
            .WatchAsync("k", new WatchOptions { StartRevision = 2 }, Cancellation).GetAsyncEnumerator(Cancellation);
        Assert.Equal("one", (await NextAsync(watch)).Kv.Value.ToStringUtf8());

        await server.KillAsync();
        await server.DisposeAsync();
        server = await EtcdServer.StartAsync(server.Options, Cancellation);
        await using (var direct = new EtcdClient(server.Endpoint))
        {
            await direct.Kv.PutAsync("k", "two", cancellationToken: Cancellation);
        }

        Assert.Equal("two", (await NextAsync(watch)).Kv.Value.ToStringUtf8());
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Proxy_Namespace_HidesItsPrefixFromClients()
    {
        await using EtcdServer server = await StartAsync(ServerKind.Ours);
        await using ProxyProcess proxy = await ProxyProcess.StartGrpcAsync(server.Endpoint, "--namespace", "mine/");
        await using var client = new EtcdClient(proxy.Endpoint);
        await using var direct = new EtcdClient(server.Endpoint);
        await direct.Kv.PutAsync("theirs", "x", cancellationToken: Cancellation);
        await client.Kv.PutAsync("k", "v", cancellationToken: Cancellation);
        TxnResponse transaction = await client.Kv.Transaction()
            .If(Conditions.Value("k", Compare.Types.CompareResult.Equal, "v"))
            .Then(Operations.Get("k"), Operations.Put("in", "txn"))
            .CommitAsync(Cancellation);

        RangeResponse all = await client.Kv.GetAsync(KeyRange.All, cancellationToken: Cancellation);
        RangeResponse real = await direct.Kv.GetAsync(KeyRange.All, cancellationToken: Cancellation);

        Assert.True(transaction.Succeeded);
        Assert.Equal("k", transaction.Responses[0].ResponseRange.Kvs[0].Key.ToStringUtf8());
        Assert.Equal(["in", "k"], all.Kvs.Select(pair => pair.Key.ToStringUtf8()));
        Assert.Equal(["mine/in", "mine/k", "theirs"], real.Kvs.Select(pair => pair.Key.ToStringUtf8()));
    }

    [Fact(Timeout = 120_000)]
    public async Task Proxy_SerializableReads_AreServedFromMemoryUntilAWrite()
    {
        await using EtcdServer server = await StartAsync(ServerKind.Ours);
        await using ProxyProcess proxy = await ProxyProcess.StartGrpcAsync(server.Endpoint);
        await using var client = new EtcdClient(proxy.Endpoint);
        await client.Kv.PutAsync("k", "1", cancellationToken: Cancellation);
        var serializable = new GetOptions { Serializable = true, Revision = 2 };
        do
        {
            // Where a second goes by between two reads, the reply has become too old.
            await client.Kv.GetAsync("k", serializable, Cancellation);
            await client.Kv.GetAsync("k", serializable, Cancellation);
        }
        while ((await GetAsync($"http://{proxy.Endpoint}/proxy/metrics")).Contains("\netcd_grpc_proxy_cache_hits_total 0\n", StringComparison.Ordinal));

        await client.Kv.PutAsync("k", "2", cancellationToken: Cancellation);

        RangeResponse latest = await client.Kv.GetAsync("k", new GetOptions { Serializable = true }, Cancellation);

        Assert.Equal("2", latest.Kvs[0].Value.ToStringUtf8());
        Assert.DoesNotContain(
            "\netcd_grpc_proxy_cache_misses_total 0\n", await GetAsync($"http://{proxy.Endpoint}/proxy/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Proxies_WithAResolverPrefix_AreTheMembersThatClientsSee()
    {
        await using EtcdServer server = await StartAsync(ServerKind.Ours);
        string[] register = ["--resolver-prefix", "___proxies", "--resolver-ttl", "60"];
        await using ProxyProcess one = await ProxyProcess.StartGrpcAsync(server.Endpoint, register);
        await using ProxyProcess two = await ProxyProcess.StartGrpcAsync(server.Endpoint, register);
        foreach (ProxyProcess proxy in new[] { one, two })
        {
            await proxy.Log.WaitForAsync(line => line.Contains("registered new grpc-proxy member", StringComparison.Ordinal), Limit, Cancellation);
        }

        await using var client = new EtcdClient(one.Endpoint);
        MemberListResponse both = await client.Cluster.MembersAsync(cancellationToken: Cancellation);
        Assert.Equal(0, await two.TerminateAsync());
        MemberListResponse left = await client.Cluster.MembersAsync(cancellationToken: Cancellation);

        Assert.Equal(
            new[] { one.Endpoint, two.Endpoint }.Order(StringComparer.Ordinal), both.Members.Select(member => member.ClientURLs[0]).Order(StringComparer.Ordinal));
        Assert.Equal([one.Endpoint], left.Members.Select(member => member.ClientURLs[0]));
    }

    [Fact]
    public async Task Proxy_AuthenticatedUsers_MayDoWhatTheClusterAllows()
    {
        await using EtcdServer server = await StartAsync(ServerKind.Ours);
        await using ProxyProcess proxy = await ProxyProcess.StartGrpcAsync(server.Endpoint);
        string endpoint = $"--endpoints={proxy.Endpoint}";
        foreach (string line in new[]
        {
            "user add root:pw", "role add root", "user grant-role root root", "user add ann:pw", "role add reader",
            "role grant-permission reader read a", "user grant-role ann reader", "auth enable", "--user root:pw put a 1", "--user root:pw put b 2",
        })
        {
            CommandOutcome done = await new Command(OurPrograms.Ctl, [endpoint, .. line.Split(' ')]).RunAsync(Cancellation);
            Assert.True(done.ExitCode == 0, done.Errors);
        }

        await using var ann = new EtcdClient(new EtcdClientOptions { Endpoints = [proxy.Endpoint], User = "ann", Password = "pw" });
        RangeResponse allowed = await ann.Kv.GetAsync("a", cancellationToken: Cancellation);
        Etcd.Grpc.RpcException refused = await Assert.ThrowsAsync<Etcd.Grpc.RpcException>(() => ann.Kv.GetAsync("b", cancellationToken: Cancellation));
        WatchCanceledException unseen = await Assert.ThrowsAsync<WatchCanceledException>(async () =>
            await NextAsync(ann.Watch.WatchAsync("b", new WatchOptions(), Cancellation).GetAsyncEnumerator(Cancellation)));

        Assert.Equal("1", allowed.Kvs[0].Value.ToStringUtf8());
        Assert.Equal("etcdserver: permission denied", refused.Message);
        Assert.Contains("permission denied", unseen.Message, StringComparison.Ordinal);
    }

    // What was shared before is no way around it.
    [Fact(Timeout = 120_000)]
    public async Task Proxy_AuthenticationIsSwitchedOn_WhoComesWithoutATokenSeesNothing()
    {
        await using EtcdServer server = await StartAsync(ServerKind.Ours);
        await using ProxyProcess proxy = await ProxyProcess.StartGrpcAsync(server.Endpoint);
        await using var client = new EtcdClient(proxy.Endpoint);
        await using var stranger = new EtcdClient(proxy.Endpoint);
        await client.Kv.PutAsync("k", "secret", cancellationToken: Cancellation);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        IAsyncEnumerator<WatchResponse> before = client.Watch
            .WatchAsync("k", new WatchOptions { StartRevision = 2 }, end.Token).GetAsyncEnumerator(end.Token);
        Assert.Equal("secret", (await NextAsync(before)).Kv.Value.ToStringUtf8());

        foreach (string line in new[] { "user add root:pw", "role add root", "user grant-role root root", "auth enable" })
        {
            (await new Command(OurPrograms.Ctl, [$"--endpoints={proxy.Endpoint}", .. line.Split(' ')]).RunAsync(Cancellation)).MustSucceed();
        }

        await Assert.ThrowsAsync<WatchCanceledException>(async () => await NextAsync(
            stranger.Watch.WatchAsync("k", new WatchOptions { StartRevision = 100 }, Cancellation).GetAsyncEnumerator(Cancellation)));
        await Assert.ThrowsAsync<Etcd.Grpc.RpcException>(() => stranger.Kv.GetAsync("k", cancellationToken: Cancellation));
        await end.CancelAsync();
        await before.DisposeAsync();
    }

    [Fact]
    public async Task Proxy_RealEtcdctl_LocksElectsWatchesAndSavesThroughIt()
    {
        Assert.SkipUnless(RealEtcd.IsPresent, RealEtcd.AbsentReason);
        await using EtcdServer server = await StartAsync(ServerKind.Ours);
        await using ProxyProcess proxy = await ProxyProcess.StartGrpcAsync(server.Endpoint);
        string endpoint = $"--endpoints={proxy.Endpoint}";
        string file = _directory.File("backup.db");

        CommandOutcome locked = await new Command(RealEtcd.Ctl("3.5"), [endpoint, "lock", "l", "echo", "held"]).RunAsync(Cancellation);
        CommandOutcome saved = await new Command(RealEtcd.Ctl("3.5"), [endpoint, "snapshot", "save", file]).RunAsync(Cancellation);
        CommandOutcome health = await new Command(RealEtcd.Ctl("3.5"), [endpoint, "endpoint", "health"]).RunAsync(Cancellation);
        (await new Command(RealEtcd.Ctl("3.5"), [endpoint, "put", "watched", "before"]).RunAsync(Cancellation)).MustSucceed();
        await using var watch = RunningCommand.Start(new Command(RealEtcd.Ctl("3.5"), [endpoint, "watch", "watched", "--rev", "1"]));
        await watch.Output.WaitForAsync(line => line == "before", Limit, Cancellation);
        (await new Command(RealEtcd.Ctl("3.5"), [endpoint, "put", "watched", "after"]).RunAsync(Cancellation)).MustSucceed();
        await watch.Output.WaitForAsync(line => line == "after", Limit, Cancellation);
        await using var leader = RunningCommand.Start(new Command(RealEtcd.Ctl("3.5"), [endpoint, "elect", "e", "one"]));
        await leader.Output.WaitForAsync(line => line == "one", Limit, Cancellation);
        await using var observer = RunningCommand.Start(new Command(RealEtcd.Ctl("3.5"), [endpoint, "elect", "-l", "e"]));
        await observer.Output.WaitForAsync(line => line == "one", Limit, Cancellation);
        await using var next = RunningCommand.Start(new Command(RealEtcd.Ctl("3.5"), [endpoint, "elect", "e", "two"]));
        int left = await leader.TerminateAsync();
        await next.Output.WaitForAsync(line => line == "two", Limit, Cancellation);
        await observer.Output.WaitForAsync(line => line == "two", Limit, Cancellation);

        Assert.Equal((0, "held"), (locked.ExitCode, locked.Output.Trim()));
        Assert.True(saved.ExitCode == 0 && new FileInfo(file).Length > 0, saved.Errors);
        Assert.True(health.ExitCode == 0, health.Errors);
        Assert.Equal(0, left);
        Assert.Equal(["PUT", "watched", "before", "PUT", "watched", "after"], watch.Output.Lines);
        Assert.Equal("""{"health":"true","reason":""}""", await GetAsync($"http://{proxy.Endpoint}/health"));
        Assert.Contains("etcd_server_has_leader 1", await GetAsync($"http://{proxy.Endpoint}/metrics"), StringComparison.Ordinal);
    }

    private static async Task<Event> NextAsync(IAsyncEnumerator<WatchResponse> watch)
    {
        while (await watch.MoveNextAsync().AsTask().WaitAsync(Limit, Cancellation))
        {
            if (watch.Current.Events.Count > 0)
            {
                return watch.Current.Events[0];
            }
        }

        throw new InvalidOperationException("the watch has ended");
    }

    private static async Task<string> GetAsync(string url)
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri(url), Cancellation);
    }

    private static async Task MetricBecomesAsync(EtcdServer server, string name, long value)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        bound.CancelAfter(Limit);
        string line = string.Create(CultureInfo.InvariantCulture, $"\n{name} {value}\n");
        while (!(await GetAsync($"http://{server.Endpoint}/metrics")).Contains(line, StringComparison.Ordinal))
        {
            // A watcher ends on the server a moment after its client has gone.
            await Task.Delay(50, bound.Token);
        }
    }

    private Task<EtcdServer> StartAsync(ServerKind kind) => EtcdServer.StartAsync(
        new EtcdServerOptions { Kind = kind, DataDirectory = _directory.File("data") }, Cancellation);
}
