using System.Buffers;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Etcd.Grpc.Server.Health;

/// <summary>The standard health service <c>grpc.health.v1.Health</c>: load balancers and Kubernetes probes ask it.</summary>
/// <remarks>
/// The empty service name stands for the whole server and is SERVING from the start. Safe for concurrent use.
/// Its messages have one field each, so the well-known wrappers of the same wire form carry them.
/// </remarks>
public sealed class RpcHealth
{
    private const string Service = "grpc.health.v1.Health";

    private readonly Lock _lock = new();
    private readonly Dictionary<string, RpcServingStatus> _statuses = new(StringComparer.Ordinal) { [string.Empty] = RpcServingStatus.Serving };
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>Adds the methods Check and Watch to a table.</summary>
    public void AddTo(RpcServiceTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        table.AddUnary(Service, "Check", Check);
        table.AddServerStream(Service, "Watch", StringValue.Parser, WatchAsync);
    }

    /// <summary>Sets what the service answers; watchers are told when it changes.</summary>
    /// <param name="service">Full service name; empty for the whole server.</param>
    /// <param name="status">The new status.</param>
    public void Set(string service, RpcServingStatus status)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            if (_statuses.TryGetValue(service, out RpcServingStatus old) && old == status)
            {
                return;
            }

            _statuses[service] = status;
            changed = _changed;
            _changed = NewSignal();
        }

        changed.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ValueTask Check(RpcServerCall call, ReadOnlySequence<byte> request, IBufferWriter<byte> reply)
    {
        string service = RequestMessage.Parse(StringValue.Parser, request).Value;
        RpcServingStatus? status = Status(service, out _);
        Write(status ?? throw new RpcException(RpcStatusCode.NotFound, "unknown service"), reply);
        return default;
    }

    private async Task WatchAsync(RpcServerCall call, StringValue request, RpcReplyWriter replies)
    {
        RpcServingStatus? told = null;
        while (true)
        {
            RpcServingStatus status = Status(request.Value, out Task changed) ?? RpcServingStatus.ServiceUnknown;
            if (status != told)
            {
                Write(status, replies.Begin());
                await replies.SendAsync(call.CancellationToken).ConfigureAwait(false);
                told = status;
            }

            await changed.WaitAsync(call.CancellationToken).ConfigureAwait(false);
        }
    }

    private RpcServingStatus? Status(string service, out Task changed)
    {
        lock (_lock)
        {
            changed = _changed.Task;
            return _statuses.TryGetValue(service, out RpcServingStatus status) ? status : null;
        }
    }

    private static void Write(RpcServingStatus status, IBufferWriter<byte> reply) => new Int32Value { Value = (int)status }.WriteTo(reply);
}
