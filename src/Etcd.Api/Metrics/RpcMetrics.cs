using Etcd.Grpc;
using Etcd.Grpc.Server;

namespace Etcd.Api.Metrics;

/// <summary>Counts calls, messages and their bytes: the <c>grpc_server_*</c> metrics. Every method of the table shows from the start, at zero.</summary>
/// <remarks>A call costs a few interlocked increments on its method's own counters, and one addition a message on the byte counts.</remarks>
public sealed class RpcMetrics : IRpcServerObserver
{
    private static readonly RpcStatusCode[] Codes = Enum.GetValues<RpcStatusCode>();

    private readonly RpcMethodCounters[] _methods;
    private long _receivedBytes;
    private long _sentBytes;

    /// <summary>Prepares the counters of all methods; it becomes the <see cref="RpcServerMethod.ObserverState"/> of each.</summary>
    /// <param name="table">The filled table. The observer of its server must be this one.</param>
    /// <param name="withTimes">Whether the times of calls are recorded too (<c>--metrics=extensive</c>).</param>
    public RpcMetrics(RpcServiceTable table, bool withTimes = false)
    {
        ArgumentNullException.ThrowIfNull(table);
        foreach (RpcServerMethod method in table.Methods)
        {
            method.ObserverState = new RpcMethodCounters(method, withTimes);
        }

        _methods =
        [
            .. table.Methods
                .OrderBy(method => method.Name, StringComparer.Ordinal)
                .ThenBy(method => method.Service, StringComparer.Ordinal)
                .Select(Of),
        ];
    }

    /// <summary>Adds the metrics.</summary>
    public void AddTo(MetricsRegistry metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        AddPerMethod(
            metrics, "grpc_server_started_total", "Total number of RPCs started on the server.", method => method.Started);
        AddPerMethod(
            metrics, "grpc_server_msg_received_total", "Total number of RPC stream messages received on the server.", method => method.Received);
        AddPerMethod(
            metrics, "grpc_server_msg_sent_total", "Total number of gRPC stream messages sent by the server.", method => method.Sent);
        metrics.Add(
            "grpc_server_handled_total",
            "Total number of RPCs completed on the server, regardless of success or failure.",
            MetricKind.Counter,
            WriteHandled);
        metrics.AddCounter(
            "etcd_network_client_grpc_received_bytes_total",
            "The total number of bytes received from grpc clients.",
            () => Interlocked.Read(ref _receivedBytes));
        metrics.AddCounter(
            "etcd_network_client_grpc_sent_bytes_total",
            "The total number of bytes sent to grpc clients.",
            () => Interlocked.Read(ref _sentBytes));
        if (_methods.Any(method => method.Times is not null))
        {
            metrics.Add(
                "grpc_server_handling_seconds",
                "Histogram of response latency (seconds) of gRPC that had been application-level handled by the server.",
                MetricKind.Histogram,
                WriteTimes);
        }
    }

    /// <inheritdoc/>
    public void CallStarted(RpcServerMethod method) => Of(method).CountStarted();

    /// <inheritdoc/>
    public void MessageReceived(RpcServerMethod method, long messageBytes)
    {
        Of(method).CountReceived();
        Interlocked.Add(ref _receivedBytes, messageBytes);
    }

    /// <inheritdoc/>
    public void MessageSent(RpcServerMethod method, long messageBytes)
    {
        Of(method).CountSent();
        Interlocked.Add(ref _sentBytes, messageBytes);
    }

    /// <inheritdoc/>
    public void CallHandled(RpcServerMethod method, RpcStatusCode code, TimeSpan elapsed)
    {
        RpcMethodCounters counters = Of(method);
        counters.CountHandled(code);
        counters.Times?.Record(elapsed);
    }

    private static RpcMethodCounters Of(RpcServerMethod method)
    {
        ArgumentNullException.ThrowIfNull(method);
        return (RpcMethodCounters)method.ObserverState!;
    }

    private void AddPerMethod(MetricsRegistry metrics, string name, string help, Func<RpcMethodCounters, long> read) =>
        metrics.Add(name, help, MetricKind.Counter, writer =>
        {
            foreach (RpcMethodCounters method in _methods)
            {
                writer.Sample(
                    read(method), ("grpc_method", method.Method), ("grpc_service", method.Service), ("grpc_type", method.Type));
            }
        });

    private void WriteTimes(MetricsTextWriter writer)
    {
        foreach (RpcMethodCounters method in _methods)
        {
            writer.Histogram(
                method.Times!,
                TimeSpan.FromSeconds(1),
                ("grpc_method", method.Method),
                ("grpc_service", method.Service),
                ("grpc_type", method.Type));
        }
    }

    private void WriteHandled(MetricsTextWriter writer)
    {
        foreach (RpcStatusCode code in Codes)
        {
            string name = code.ToString();
            foreach (RpcMethodCounters method in _methods)
            {
                writer.Sample(
                    method.Handled(code),
                    ("grpc_code", name),
                    ("grpc_method", method.Method),
                    ("grpc_service", method.Service),
                    ("grpc_type", method.Type));
            }
        }
    }
}
