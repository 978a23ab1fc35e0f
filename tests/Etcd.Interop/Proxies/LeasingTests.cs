using System.Globalization;

using Etcd.Client;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Proxies;

// Proxies that own keys: each answers reads of its own from memory, and nobody reads what another has overwritten.
public sealed class LeasingTests : IDisposable
{
    private const string Prefix = "/leasing/";
    private const int Rounds = 20;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory(Timeout = 120_000)]
    [MemberData(nameof(Subjects.Both), MemberType = typeof(Subjects))]
    public async Task Reads_OfAnOwnedKey_DoNotReachTheServer(ServerKind kind)
    {
        await using EtcdServer server = await StartAsync(kind);
        await using ProxyProcess proxy = await StartProxyAsync(ServerKind.Ours, server);
        await using var client = new EtcdClient(proxy.Endpoint);
        await using var direct = new EtcdClient(server.Endpoint);
        await client.Kv.PutAsync("k", "1", cancellationToken: Cancellation);
        await client.Kv.GetAsync("k", cancellationToken: Cancellation);
        RangeResponse marks = await direct.Kv.GetAsync(KeyRange.Prefix(Prefix), cancellationToken: Cancellation);

        long before = await RequestsAsync(server);
        RangeResponse plain = await client.Kv.GetAsync("k", cancellationToken: Cancellation);
        for (int read = 0; read < Rounds; read++)
        {
            await client.Kv.GetAsync("k", cancellationToken: Cancellation);
        }

        RangeResponse keys = await client.Kv.GetAsync("k", new GetOptions { KeysOnly = true }, Cancellation);
        RangeResponse count = await client.Kv.GetAsync("k", new GetOptions { CountOnly = true }, Cancellation);
        long after = await RequestsAsync(server);
        PutResponse put = await client.Kv.PutAsync("k", "2", new PutOptions { PreviousKeyValue = true }, Cancellation);
        RangeResponse changed = await client.Kv.GetAsync("k", cancellationToken: Cancellation);
        DeleteRangeResponse deleted = await client.Kv.DeleteAsync(KeyRange.From("a"), cancellationToken: Cancellation);
        RangeResponse gone = await client.Kv.GetAsync("k", cancellationToken: Cancellation);

        Assert.Equal(["/leasing/k"], marks.Kvs.Select(mark => mark.Key.ToStringUtf8()));

        // The proxy itself asks every 20 seconds, which is less than once for each read here before the test has to end.
        Assert.InRange(after - before, 0, Rounds / 2);
        Assert.Equal(("1", "", 1, 0), (plain.Kvs[0].Value.ToStringUtf8(), keys.Kvs[0].Value.ToStringUtf8(), count.Count, count.Kvs.Count));
        Assert.Equal(("1", "2"), (put.PrevKv.Value.ToStringUtf8(), changed.Kvs[0].Value.ToStringUtf8()));
        Assert.True(put.Header.Revision > 0 && changed.Header.Revision >= put.Header.Revision);
        Assert.Equal((1, 0), (deleted.Deleted, gone.Count));
    }

    // Two proxies on one cluster and one prefix: what was written through either is what both read, at once.
    [Theory(Timeout = 120_000)]
    [InlineData(ServerKind.Ours)]
    [InlineData(ServerKind.Real35)]
    public async Task Proxies_WritesAndReadsInTurns_NeverShowAnOldValue(ServerKind other)
    {
        Assert.SkipUnless(other == ServerKind.Ours || RealEtcd.IsPresent, RealEtcd.AbsentReason);
        await using EtcdServer server = await StartAsync(ServerKind.Ours);
        await using ProxyProcess first = await StartProxyAsync(ServerKind.Ours, server, "--namespace", "ns/");
        await using ProxyProcess second = await StartProxyAsync(other, server, "--namespace", "ns/");
        await using var ours = new EtcdClient(first.Endpoint);
        await using var theirs = new EtcdClient(second.Endpoint);
        EtcdClient[] clients = [ours, theirs];

        for (int round = 0; round < Rounds; round++)
        {
            // Keys of their own: one that was just taken from a proxy is left alone by it for a while.
            string name = round.ToString("00", CultureInfo.InvariantCulture);
            EtcdClient writer = clients[round % 2];
            EtcdClient reader = clients[1 - (round % 2)];
            await WriteAsync(writer, 0, name, "first");

            // Each owns one key before the write.
            Assert.Equal("first", await ValueAsync(reader, name + "a"));
            Assert.Equal("first", await ValueAsync(writer, name + "b"));
            await WriteAsync(writer, round / 2 % 10, name, "second");

            foreach (EtcdClient client in clients)
            {
                string expected = round / 2 % 10 >= 8 ? "" : "second";
                Assert.Equal(expected, await ValueAsync(client, name + "a"));
                Assert.Equal(expected, await ValueAsync(client, name + "b"));
                Assert.Equal(expected, await ValueAsync(client, name + "a"));
            }
        }
    }

    // What an owner that was killed owns is free when its lease has ended: ended here by hand, as nobody wants to wait for a minute.
    [Fact(Timeout = 120_000)]
    public async Task Write_OwnerIsGone_WaitsForTheEndOfItsLease()
    {
        await using EtcdServer server = await StartAsync(ServerKind.Ours);
        await using var direct = new EtcdClient(server.Endpoint);
        await using ProxyProcess proxy = await StartProxyAsync(ServerKind.Ours, server);
        await using var client = new EtcdClient(proxy.Endpoint);
        LeaseGrantResponse dead = await direct.Leases.GrantAsync(600, cancellationToken: Cancellation);
        await direct.Kv.PutAsync("k", "old", cancellationToken: Cancellation);
        long marked = (await direct.Kv.PutAsync(Prefix + "k", "", new PutOptions { Lease = dead.ID }, Cancellation)).Header.Revision;

        Task<PutResponse> write = client.Kv.PutAsync("k", "new", cancellationToken: Cancellation);
        await foreach (WatchResponse change in direct.Watch.WatchAsync(Prefix + "k", new WatchOptions { StartRevision = marked + 1 }, Cancellation))
        {
            if (change.Events.Count > 0)
            {
                Assert.Equal(("REVOKE", dead.ID), (change.Events[0].Kv.Value.ToStringUtf8(), change.Events[0].Kv.Lease));
                break;
            }
        }

        Assert.Equal("old", await ValueAsync(direct, "k"));
        await direct.Leases.RevokeAsync(dead.ID, Cancellation);
        await write;
        Assert.Equal("new", await ValueAsync(direct, "k"));
    }

    [Fact(Timeout = 120_000)]
    public async Task Proxy_Stops_LeavesNoMarkBehind()
    {
        await using EtcdServer server = await StartAsync(ServerKind.Ours);
        await using var direct = new EtcdClient(server.Endpoint);
        await using (ProxyProcess proxy = await StartProxyAsync(ServerKind.Ours, server))
        {
            await using var client = new EtcdClient(proxy.Endpoint);
            await client.Kv.GetAsync("k", cancellationToken: Cancellation);
            Assert.Equal(1, (await direct.Kv.GetAsync(KeyRange.Prefix(Prefix), cancellationToken: Cancellation)).Count);
            Assert.Equal(0, await proxy.TerminateAsync());
        }

        Assert.Equal(0, (await direct.Kv.GetAsync(KeyRange.Prefix(Prefix), cancellationToken: Cancellation)).Count);
        Assert.Empty((await direct.Leases.ListAsync(Cancellation)).Leases);
    }

    // Users are asked for by the cluster, and each may see what is theirs alone.
    [Fact(Timeout = 120_000)]
    public async Task Reads_OfUsers_AreAnsweredByTheCluster()
    {
        await using EtcdServer server = await StartAsync(ServerKind.Ours);
        await using ProxyProcess proxy = await StartProxyAsync(ServerKind.Ours, server);
        foreach (string line in new[]
        {
            "user add root:pw", "role add root", "user grant-role root root", "user add ann:pw", "put k 1", "get k", "auth enable", "--user root:pw put k 2",
        })
        {
            CommandOutcome done = await new Command(OurPrograms.Ctl, [$"--endpoints={proxy.Endpoint}", .. line.Split(' ')]).RunAsync(Cancellation);
            Assert.True(done.ExitCode == 0, done.ToString());
        }

        await using var root = new EtcdClient(new EtcdClientOptions { Endpoints = [proxy.Endpoint], User = "root", Password = "pw" });
        await using var ann = new EtcdClient(new EtcdClientOptions { Endpoints = [proxy.Endpoint], User = "ann", Password = "pw" });
        await using var nobody = new EtcdClient(proxy.Endpoint);

        Assert.Equal("2", await ValueAsync(root, "k"));
        Assert.Equal("etcdserver: permission denied", (await Assert.ThrowsAsync<Grpc.RpcException>(() => ValueAsync(ann, "k"))).Message);
        Assert.Equal("etcdserver: user name is empty", (await Assert.ThrowsAsync<Grpc.RpcException>(() => ValueAsync(nobody, "k"))).Message);
    }

    // Each kind of write, to both keys of a name.
    private static async Task WriteAsync(EtcdClient client, int kind, string name, string value)
    {
        (string a, string b) = (name + "a", name + "b");
        switch (kind)
        {
            case < 4:
                await client.Kv.PutAsync(a, value, cancellationToken: Cancellation);
                await client.Kv.PutAsync(b, value, cancellationToken: Cancellation);
                break;
            case < 6:
                TxnResponse done = await client.Kv.Transaction()
                    .If(Conditions.Version(a, Compare.Types.CompareResult.Greater, 0))
                    .Then(Operations.Put(a, value), Operations.Put(b, value), Operations.Get(a))
                    .CommitAsync(Cancellation);
                Assert.True(done.Succeeded);
                Assert.Equal(value, done.Responses[2].ResponseRange.Kvs[0].Value.ToStringUtf8());
                Assert.True(done.Header.Revision > 0);
                break;
            case < 8:
                await client.Kv.DeleteAsync(a, cancellationToken: Cancellation);
                await client.Kv.PutAsync(a, value, cancellationToken: Cancellation);
                await client.Kv.PutAsync(b, value, cancellationToken: Cancellation);
                break;
            default:
                await client.Kv.DeleteAsync(KeyRange.Between(a, name + "c"), cancellationToken: Cancellation);
                break;
        }
    }

    private static async Task<string> ValueAsync(EtcdClient client, string key)
    {
        RangeResponse reply = await client.Kv.GetAsync(key, cancellationToken: Cancellation);
        return reply.Kvs.Count == 0 ? "" : reply.Kvs[0].Value.ToStringUtf8();
    }

    // Ranges, alone or in transactions, that the server has carried out.
    private static async Task<long> RequestsAsync(EtcdServer server)
    {
        using var http = new HttpClient();
        string page = await http.GetStringAsync(new Uri($"http://{server.Endpoint}/metrics"), Cancellation);
        return page.Split('\n')
            .Where(line => line.StartsWith("etcd_mvcc_range_total ", StringComparison.Ordinal))
            .Sum(line => (long)double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));
    }

    // Real etcd's is ready when it can own keys; ours serves before that.
    private static async Task<ProxyProcess> StartProxyAsync(ServerKind kind, EtcdServer server, params string[] flags)
    {
        ProxyProcess proxy = await ProxyProcess.StartGrpcAsync(kind, server.Endpoint, ["--experimental-leasing-prefix", Prefix, .. flags]);
        if (kind == ServerKind.Ours)
        {
            await proxy.Log.WaitForAsync(line => line.Contains("are owned by this proxy", StringComparison.Ordinal), Limit, Cancellation);
        }

        return proxy;
    }

    private Task<EtcdServer> StartAsync(ServerKind kind) => EtcdServer.StartAsync(
        new EtcdServerOptions { Kind = kind, DataDirectory = _directory.File("data") }, Cancellation);
}
