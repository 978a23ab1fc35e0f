using Etcd.Api.Metrics;
using Etcd.Grpc;
using Etcd.Grpc.Server;

namespace Etcd.Api.Tests.Metrics;

public sealed class RpcMetricsTests
{
    private readonly RpcServerMethod _range;
    private readonly RpcServerMethod _watch;
    private readonly RpcMetrics _calls;
    private readonly MetricsRegistry _metrics = new();

    public RpcMetricsTests()
    {
        var table = new RpcServiceTable();
        _watch = table.AddStreaming("etcdserverpb.Watch", "Watch", RpcMethodKind.BidiStream, (_, _, _) => Task.CompletedTask);
        _range = table.AddUnary("etcdserverpb.KV", "Range", (_, _, _) => ValueTask.CompletedTask);
        _calls = new RpcMetrics(table);
        _calls.AddTo(_metrics);
    }

    // Alerts divide by these: a method that nobody has called yet must be there.
    [Fact]
    public void BeforeAnyCall_EveryMethodAndCode_IsThereAtZero()
    {
        string[] lines = MetricsText.Lines(_metrics);

        Assert.Contains("grpc_server_started_total{grpc_method=\"Range\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} 0", lines);
        Assert.Contains(
            "grpc_server_msg_sent_total{grpc_method=\"Watch\",grpc_service=\"etcdserverpb.Watch\",grpc_type=\"bidi_stream\"} 0", lines);
        Assert.Equal(2 * 17, lines.Count(line => line.StartsWith("grpc_server_handled_total{", StringComparison.Ordinal)));
    }

    [Fact]
    public void Calls_OfTwoMethods_AreCountedApart()
    {
        _calls.CallStarted(_range);
        _calls.MessageReceived(_range, 10);
        _calls.MessageSent(_range, 100);
        _calls.CallHandled(_range, RpcStatusCode.OK, TimeSpan.Zero);
        _calls.CallStarted(_watch);
        _calls.MessageReceived(_watch, 1);
        _calls.MessageSent(_watch, 2);
        _calls.MessageSent(_watch, 3);

        Assert.Equal(
            [
                "etcd_network_client_grpc_received_bytes_total 11",
                "etcd_network_client_grpc_sent_bytes_total 105",
                "grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Range\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} 1",
                "grpc_server_msg_received_total{grpc_method=\"Range\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} 1",
                "grpc_server_msg_received_total{grpc_method=\"Watch\",grpc_service=\"etcdserverpb.Watch\",grpc_type=\"bidi_stream\"} 1",
                "grpc_server_msg_sent_total{grpc_method=\"Range\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} 1",
                "grpc_server_msg_sent_total{grpc_method=\"Watch\",grpc_service=\"etcdserverpb.Watch\",grpc_type=\"bidi_stream\"} 2",
                "grpc_server_started_total{grpc_method=\"Range\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} 1",
                "grpc_server_started_total{grpc_method=\"Watch\",grpc_service=\"etcdserverpb.Watch\",grpc_type=\"bidi_stream\"} 1",
            ],
            Counted());
    }

    [Fact]
    public void CallHandled_WithACodeThatGrpcDoesNotKnow_CountsAsUnknown()
    {
        _calls.CallHandled(_range, (RpcStatusCode)99, TimeSpan.Zero);

        Assert.Equal(
            ["grpc_server_handled_total{grpc_code=\"Unknown\",grpc_method=\"Range\",grpc_service=\"etcdserverpb.KV\",grpc_type=\"unary\"} 1"],
            Counted());
    }

    private IEnumerable<string> Counted() =>
        MetricsText.Lines(_metrics).Where(line => line[0] != '#' && !line.EndsWith(" 0", StringComparison.Ordinal));
}
