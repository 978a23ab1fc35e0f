using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Processes;

using Google.Protobuf;

namespace Etcd.Interop.Observability;

/// <summary>The same work on both servers, and what their metrics say of it.</summary>
public sealed class MetricsParityTests : IDisposable
{
    // What stays the same in number when the work is the same.
    private static readonly string[] Counted =
    [
        "etcd_mvcc_put_total", "etcd_mvcc_delete_total", "etcd_mvcc_txn_total", "etcd_mvcc_range_total",
        "etcd_debugging_mvcc_total_put_size_in_bytes", "etcd_debugging_mvcc_keys_total", "etcd_debugging_mvcc_current_revision",
        "etcd_debugging_mvcc_compact_revision", "etcd_debugging_lease_granted_total", "etcd_debugging_lease_revoked_total",
        "etcd_debugging_lease_ttl_total_sum", "etcd_server_health_success", "etcd_mvcc_hash_duration_seconds_count",
        "etcd_mvcc_hash_rev_duration_seconds_count", "etcd_disk_backend_defrag_duration_seconds_count",
        "etcd_debugging_mvcc_db_compaction_keys_total", "etcd_debugging_mvcc_db_compaction_total_duration_milliseconds_count",
        "etcd_http_received_total{method=\"PUT\"}", "etcd_http_successful_duration_seconds_count{method=\"PUT\"}",
        "etcd_debugging_store_writes_total{action=\"set\"}", "etcd_debugging_store_watch_requests_total",
        "etcd_server_apply_duration_seconds_count{op=\"Put\",success=\"true\",version=\"v3\"}",
        "etcd_server_apply_duration_seconds_count{op=\"Put\",success=\"false\",version=\"v3\"}",
        "etcd_server_apply_duration_seconds_count{op=\"Compaction\",success=\"true\",version=\"v3\"}",
        "etcd_server_client_requests_total{client_api_version=\"unknown\",type=\"unary\"}",
    ];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Metrics_AfterTheSameWork_HaveNamesKindsLabelsBoundsAndCountsOfRealEtcd()
    {
        Assert.SkipUnless(RealEtcd.IsPresent, RealEtcd.AbsentReason);

        MetricsPage[] pages = await Task.WhenAll(WorkAsync(ServerKind.Real35), WorkAsync(ServerKind.Ours));
        (MetricsPage real, MetricsPage ours) = (pages[0], pages[1]);

        string page = await File.ReadAllTextAsync(
            Path.Combine(SharedMaterial.RepositoryRoot, "docs", "metrics.md"), TestContext.Current.CancellationToken);
        string[] unexplained = [.. real.Kinds.Keys.Where(name => !ours.Kinds.ContainsKey(name) && !page.Contains($"`{name}`", StringComparison.Ordinal))];
        Assert.Empty(unexplained);
        string[] both = [.. real.Kinds.Keys.Where(ours.Kinds.ContainsKey)];
        Assert.Equal(both.Select(name => $"{name} {real.Kinds[name]}"), both.Select(name => $"{name} {ours.Kinds[name]}"));

        // The quantiles of a summary are labels too; .NET keeps none of its pauses.
        Assert.Equal(
            both.Select(name => $"{name} {string.Join(',', real.LabelsOf(name).Where(label => label != "quantile"))}"),
            both.Select(name => $"{name} {string.Join(',', ours.LabelsOf(name))}"));
        Assert.Equal(
            both.Select(name => $"{name} {string.Join(',', real.BoundsOf(name))}"),
            both.Select(name => $"{name} {string.Join(',', ours.BoundsOf(name))}"));
        Assert.Equal(Counted.Select(name => Show(real, name)), Counted.Select(name => Show(ours, name)));
    }

    [Fact(SkipUnless = nameof(RealEtcd.IsPresent), SkipType = typeof(RealEtcd), Skip = RealEtcd.AbsentReason)]
    public async Task Metrics_AfterTheSameProbes_AreThoseOfRealEtcd()
    {
        string[][] lines = await Task.WhenAll(ProbeAsync(ServerKind.Real35), ProbeAsync(ServerKind.Ours));

        Assert.Contains("etcd_server_healthchecks_total{name=\"serializable_read\",status=\"success\",type=\"readyz\"} 2", lines[0]);
        Assert.Equal(lines[0], lines[1]);
    }

    // Real etcd counts a stream by chance: not when its context has ended with it.
    [Fact]
    public async Task Metrics_AfterBrokenStreams_CountEach()
    {
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { DataDirectory = _directory.File("broken") }, TestContext.Current.CancellationToken);

        foreach (string stream in (string[])["/etcdserverpb.Watch/Watch", "/etcdserverpb.Lease/LeaseKeepAlive"])
        {
            await RawGrpc.PostAsync(server, stream, RawGrpc.Frame([0xff]));
        }

        MetricsPage page = await MetricsPage.ReadAsync(server.Endpoint);
        Assert.Equal(1, page.Sum("etcd_network_server_stream_failures_total", "API=\"watch\"", "Type=\"receive\""));
        Assert.Equal(1, page.Sum("etcd_network_server_stream_failures_total", "API=\"lease-keepalive\"", "Type=\"receive\""));
    }

    // A counter that has not moved is not shown by real etcd, and is zero here.
    private async Task<string[]> ProbeAsync(ServerKind kind)
    {
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { Kind = kind, DataDirectory = _directory.File($"probed-{kind}") }, TestContext.Current.CancellationToken);
        using var http = new HttpClient { BaseAddress = server.Address };
        foreach (string path in (string[])["/livez", "/readyz", "/readyz?exclude=linearizable_read", "/readyz/non_learner", "/livez/nothing"])
        {
            (await http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken)).Dispose();
        }

        MetricsPage page = await MetricsPage.ReadAsync(server.Endpoint);
        return
        [
            .. page.Samples
                .Where(sample => sample.Value > 0 && sample.Key.Contains("etcd_server_healthcheck", StringComparison.Ordinal))
                .Select(sample => $"{sample.Key} {sample.Value}").Order(StringComparer.Ordinal),
        ];
    }

    private static string Show(MetricsPage page, string series) =>
        $"{series} {(page.Samples.TryGetValue(series, out double value) ? value : double.NaN)}";

    private static ByteString Bytes(string text) => ByteString.CopyFromUtf8(text);

    private async Task<MetricsPage> WorkAsync(ServerKind kind)
    {
        await using EtcdServer server = await EtcdServer.StartAsync(
            new EtcdServerOptions { Kind = kind, DataDirectory = _directory.File(kind.ToString()), Flags = ["--metrics=extensive", "--enable-v2"] },
            TestContext.Current.CancellationToken);
        await using (var connection = new EtcdConnection(server))
        {
            await WorkAsync(connection);
        }

        using var http = new HttpClient { BaseAddress = server.Address };
        using var body = new FormUrlEncodedContent([KeyValuePair.Create("value", "1")]);
        (await http.PutAsync(new Uri("/v2/keys/a", UriKind.Relative), body, TestContext.Current.CancellationToken)).Dispose();
        (await http.GetAsync(new Uri("/v2/keys/a?wait=true&waitIndex=4", UriKind.Relative), TestContext.Current.CancellationToken)).Dispose();
        (await http.GetAsync(new Uri("/health", UriKind.Relative), TestContext.Current.CancellationToken)).Dispose();

        // A compaction goes on after its answer.
        for (int attempt = 0; ; attempt++)
        {
            MetricsPage page = await MetricsPage.ReadAsync(server.Endpoint);
            if (page.Sum("etcd_debugging_mvcc_db_compaction_total_duration_milliseconds_count") > 0 || attempt == 100)
            {
                return page;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
        }
    }

    private static async Task WorkAsync(EtcdConnection connection)
    {
        LeaseGrantResponse lease = await connection.CallAsync(EtcdMethods.LeaseGrant, new LeaseGrantRequest { TTL = 60 });
        await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Bytes("a"), Value = Bytes("1") });
        await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Bytes("a"), Value = Bytes("22"), PrevKv = true });
        await connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Bytes("b"), Value = Bytes("1"), Lease = lease.ID });
        await Assert.ThrowsAsync<Grpc.RpcException>(
            () => connection.CallAsync(EtcdMethods.Put, new PutRequest { Key = Bytes("c"), IgnoreValue = true }));
        await connection.CallAsync(EtcdMethods.Range, new RangeRequest { Key = Bytes("a") });
        await connection.CallAsync(EtcdMethods.Range, new RangeRequest { Key = Bytes("a"), RangeEnd = Bytes("z"), Serializable = true });
        var txn = new TxnRequest
        {
            Compare = { new Compare { Key = Bytes("a"), Target = Compare.Types.CompareTarget.Version, Result = Compare.Types.CompareResult.Equal, Version = 2 } },
            Success =
            {
                new RequestOp { RequestPut = new PutRequest { Key = Bytes("d"), Value = Bytes("4") } },
                new RequestOp { RequestRange = new RangeRequest { Key = Bytes("a") } },
            },
        };
        await connection.CallAsync(EtcdMethods.Txn, txn);
        await connection.CallAsync(EtcdMethods.DeleteRange, new DeleteRangeRequest { Key = Bytes("d") });
        await connection.CallAsync(EtcdMethods.LeaseRevoke, new LeaseRevokeRequest { ID = lease.ID });
        await connection.CallAsync(EtcdMethods.Compact, new CompactionRequest { Revision = 4, Physical = true });
        await connection.CallAsync(EtcdMethods.Hash, new HashRequest());
        await connection.CallAsync(EtcdMethods.HashKv, new HashKVRequest());
        await connection.CallAsync(EtcdMethods.Defragment, new DefragmentRequest());
    }
}
