using System.Net;

using Etcd.Api.Limits;
using Etcd.Api.Metrics;
using Etcd.Api.Tests.Metrics;
using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Peer;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Testing.SimulatedDisk;

using Google.Protobuf;

using Microsoft.Extensions.Logging.Abstractions;

namespace Etcd.Api.Tests.Limits;

public sealed class LimitRefusalsTests
{
    private const int WritesMax = 60_000;

    private static readonly RpcMethod<PutRequest, PutResponse> Put = new("etcdserverpb.KV", "Put", PutResponse.Parser);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly SimulatedFileSystem _disk = new();
    private readonly ServiceLimits _limits = new(long.MaxValue, TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // A member whose log takes nothing for a while, and clients that do not stop writing.
    [Fact]
    public async Task Put_TooManyRequestsUnderWay_IsCounted()
    {
        var options = new ServerOptions
        {
            DataDirectory = "/data",
            InitialCluster = new Dictionary<string, IReadOnlyList<string>> { ["default"] = ["http://localhost:2380"] },
            ElectionTimeout = TimeSpan.FromSeconds(10),
            Seed = 1,
        };
        await using EtcdServer server = await EtcdServer.StartAsync(
            options, _disk, TimeProvider.System, NullLoggerFactory.Instance, LonePeerNetwork.Instance, Cancellation);
        await server.Published;
        var table = new RpcServiceTable();
        EtcdServices.AddTo(table, server, _limits);
        await using var port = new RpcServer(new RpcServerOptions { TranslateException = _limits.Refusals.ToStatus }, table);
        port.ListenShared(new IPEndPoint(IPAddress.Loopback, 0));
        await port.StartAsync(Cancellation);
        await using var channel = new RpcChannel(RpcAddress.Parse($"http://{port.EndPoints[0]}"));
        var metrics = new MetricsRegistry();
        LimitMetrics.AddTo(metrics, _limits, server.Quotas);
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var released = new ManualResetEventSlim();
        _disk.BeforeOperation = operation =>
        {
            if (operation.Path.EndsWith(".wal", StringComparison.Ordinal) && operation.Kind is DiskOperationKind.Write or DiskOperationKind.Sync)
            {
                held.TrySetResult();
                released.Wait(Patience);
            }
        };
        var request = new PutRequest { Key = ByteString.CopyFromUtf8("k") };
        try
        {
            Task<PutResponse> first = Task.Run(() => server.KeyValues.PutAsync(request).AsTask(), Cancellation);
            await held.Task.WaitAsync(Patience, Cancellation);
            await FillAsync(server, request);
            Assert.Contains("etcd_server_limit_refusals_total{limit=\"requests_in_flight\"} 0", MetricsText.Lines(metrics));

            RpcException refusal = await Assert.ThrowsAsync<RpcException>(
                () => channel.UnaryAsync(Put, request, cancellationToken: Cancellation));

            Assert.Equal((RpcStatusCode.ResourceExhausted, "etcdserver: too many requests"), (refusal.Code, refusal.Message));
            Assert.Contains("etcd_server_limit_refusals_total{limit=\"requests_in_flight\"} 1", MetricsText.Lines(metrics));
            released.Set();
            await first.WaitAsync(Patience, Cancellation);
        }
        finally
        {
            _disk.BeforeOperation = null;
            released.Set();
        }
    }

    // Until the first is refused: from then on the queue is full, as the loop is held up in the log.
    private static async Task FillAsync(EtcdServer server, PutRequest request)
    {
        for (int write = 0; write < WritesMax; write++)
        {
            Task put = server.KeyValues.PutAsync(request).AsTask();
            if (put.IsFaulted)
            {
                Assert.Equal(EtcdErrorCode.TooManyRequests, (await Assert.ThrowsAsync<EtcdException>(() => put)).Code);
                return;
            }
        }

        Assert.Fail("the queue has no end");
    }
}
