using System.Collections.Concurrent;
using System.Net;

using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Hosting.Settings;
using Etcd.Protocol.Rpc;
using Etcd.Testing;

using Google.Protobuf;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Hosting.Tests;

// Traces go to a collector of OpenTelemetry (OTLP over gRPC), with the client's W3C trace context as parent.
public sealed class TracingTests : IAsyncLifetime
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";
    private const string ClientSpanId = "b7ad6b7169203331";

    private static readonly RpcMethod<PutRequest, PutResponse> Put = new("etcdserverpb.KV", "Put", PutResponse.Parser);
    private static readonly RpcMethod<RangeRequest, RangeResponse> Range = new("etcdserverpb.KV", "Range", RangeResponse.Parser);

    private readonly TemporaryDirectory _directory = new();
    private readonly ConcurrentQueue<ReceivedSpan> _spans = new();
    private RpcServer _collector = null!;
    private MemberHost _host = null!;
    private bool _isStopped;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var table = new RpcServiceTable();
        table.AddUnary("opentelemetry.proto.collector.trace.v1.TraceService", "Export", (_, request, _) =>
        {
            ReceivedSpan.ReadAll(request, _spans);
            return default;
        });
        _collector = new RpcServer(new RpcServerOptions(), table);
        _collector.ListenShared(new IPEndPoint(IPAddress.Loopback, 0));
        await _collector.StartAsync(Cancellation);
        var peerUrl = new Uri($"http://127.0.0.1:{MemberHostTests.FreePort()}");
        var settings = new MemberSettings
        {
            DataDirectory = _directory.File("data"),
            ListenClientUrls = [new Uri("http://127.0.0.1:0")],
            ListenPeerUrls = [peerUrl],
            AdvertisePeerUrls = [peerUrl],
            InitialCluster = $"default={peerUrl}",
            TracingEnabled = true,
            TracingAddress = _collector.EndPoints[0].ToString()!,
        };
        _host = await MemberHost.StartAsync(settings, NullLoggerFactory.Instance, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _collector.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Calls_OneOfATracedClientAndOneOfAnother_GiveSpansOfTheTracedOneOnly()
    {
        var traced = new RpcMetadata();
        traced.Add("traceparent", $"00-{TraceId}-{ClientSpanId}-01");
        await using (var channel = new RpcChannel(RpcAddress.Parse($"http://{_host.ClientEndPoints[0]}")))
        {
            await channel.UnaryAsync(Put, new PutRequest { Key = ByteString.CopyFromUtf8("untraced") }, new RpcCallOptions(), Cancellation);
            await channel.UnaryAsync(Put, new PutRequest { Key = ByteString.CopyFromUtf8("a") }, new RpcCallOptions { Metadata = traced }, Cancellation);
            await channel.UnaryAsync(Range, new RangeRequest { Key = ByteString.CopyFromUtf8("a") }, new RpcCallOptions { Metadata = traced }, Cancellation);
        }

        // What is not sent yet is sent at the stop.
        await StopAsync();

        ReceivedSpan[] spans = [.. _spans];
        Assert.Equal(
            ["apply", "etcdserverpb.KV/Put", "etcdserverpb.KV/Range", "mvcc.range", "raft.propose", "wal.sync"],
            spans.Select(span => span.Name).Order(StringComparer.Ordinal));
        Assert.All(spans, span => Assert.Equal(TraceId, span.TraceId));
        Dictionary<string, ReceivedSpan> byName = spans.ToDictionary(span => span.Name, StringComparer.Ordinal);
        Assert.Equal(ClientSpanId, byName["etcdserverpb.KV/Put"].ParentId);
        Assert.Equal(byName["etcdserverpb.KV/Put"].Id, byName["raft.propose"].ParentId);
        Assert.Equal(byName["raft.propose"].Id, byName["wal.sync"].ParentId);
        Assert.Equal(byName["etcdserverpb.KV/Put"].Id, byName["apply"].ParentId);
        Assert.Equal(byName["etcdserverpb.KV/Range"].Id, byName["mvcc.range"].ParentId);
        Assert.All(spans, span => Assert.True(span.Ended >= span.Began, $"{span.Name} ends before it begins"));
    }

    private async ValueTask StopAsync()
    {
        if (!_isStopped)
        {
            _isStopped = true;
            await _host.DisposeAsync();
        }
    }
}
