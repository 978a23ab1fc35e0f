using System.Diagnostics;
using Etcd.Grpc;
using Etcd.LoadGenerator.Measure;
using Etcd.Protocol.Rpc;
using Google.Protobuf;

namespace Etcd.LoadGenerator.Load;

/// <summary>Small puts at a fixed rate, each timed from the moment at which it should have been sent: while a server stands still, the
/// puts that could not be sent count as waiting.</summary>
internal sealed class PacedPuts(RpcChannel channel, int clients, TimeSpan interval, int valueBytes)
{
    private static readonly RpcMethod<PutRequest, PutResponse> Put = new("etcdserverpb.KV", "Put", PutResponse.Parser);
    private static readonly RpcCallOptions Bounded = new() { Timeout = TimeSpan.FromMinutes(2) };

    private readonly ByteString _value = ByteString.CopyFrom(new byte[valueBytes]);
    private readonly Lock _gate = new();
    private LatencyHistogram _latencies = new();

    /// <summary>Latencies since the last call.</summary>
    public LatencyHistogram TakeLatencies()
    {
        lock (_gate)
        {
            LatencyHistogram taken = _latencies;
            _latencies = new LatencyHistogram();
            return taken;
        }
    }

    /// <summary>Puts until it is cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(() => RunClientAsync(client, cancellationToken), CancellationToken.None)));

    private async Task RunClientAsync(int client, CancellationToken cancellationToken)
    {
        var request = new PutRequest { Key = ByteString.CopyFromUtf8($"paced/{client}"), Value = _value };
        long started = Stopwatch.GetTimestamp() + (long)(interval.TotalSeconds * Stopwatch.Frequency * client / clients);
        for (long number = 0; !cancellationToken.IsCancellationRequested; number++)
        {
            long due = started + (long)(number * interval.TotalSeconds * Stopwatch.Frequency);
            TimeSpan early = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (early > TimeSpan.FromMilliseconds(1))
            {
                await Task.Delay(early, CancellationToken.None);
            }

            // A timer may be early by a fraction of a millisecond.
            due = Math.Min(due, Stopwatch.GetTimestamp());
            await channel.UnaryAsync(Put, request, Bounded, CancellationToken.None);
            long took = (long)Stopwatch.GetElapsedTime(due).TotalNanoseconds;
            lock (_gate)
            {
                _latencies.Record(took);
            }
        }
    }
}
