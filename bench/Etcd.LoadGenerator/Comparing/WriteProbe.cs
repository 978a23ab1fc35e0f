using System.Diagnostics;
using System.Net;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;
using Google.Protobuf;

namespace Etcd.LoadGenerator.Comparing;

/// <summary>Finds out when a cluster takes writes again: sends one to each of several members at short intervals. A write that was sent while
/// members still believed in the old leader may never be answered, so none is waited for alone.</summary>
internal sealed class WriteProbe(IReadOnlyList<IPEndPoint> members) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly RpcMethod<PutRequest, PutResponse> Put = new("etcdserverpb.KV", "Put", PutResponse.Parser);

    private readonly RpcChannel[] _channels =
        [.. members.Select(member => new RpcChannel(RpcAddress.Parse($"http://{member}")))];

    private readonly TaskCompletionSource<long> _succeeded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Breaks the cluster and waits for the first write that succeeds afterwards.</summary>
    /// <returns>Time from the end of <paramref name="breakAsync"/> to that of the write.</returns>
    public async Task<TimeSpan> MeasureAsync(Func<Task> breakAsync)
    {
        using var done = new CancellationTokenSource(Limit);
        await breakAsync();
        long broken = Stopwatch.GetTimestamp();
        var attempts = new List<Task>();
        while (!_succeeded.Task.IsCompleted)
        {
            attempts.AddRange(_channels.Select(channel => TryAsync(channel, done.Token)));
            await Task.WhenAny(_succeeded.Task, Task.Delay(Interval, done.Token));
            done.Token.ThrowIfCancellationRequested();
        }

        TimeSpan took = Stopwatch.GetElapsedTime(broken, await _succeeded.Task);
        await done.CancelAsync();
        await Task.WhenAll(attempts);
        return took;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RpcChannel channel in _channels)
        {
            await channel.DisposeAsync();
        }
    }

    private async Task TryAsync(RpcChannel channel, CancellationToken cancellationToken)
    {
        try
        {
            var request = new PutRequest { Key = ByteString.CopyFromUtf8("failover"), Value = ByteString.CopyFromUtf8("x") };
            await channel.UnaryAsync(Put, request, cancellationToken: cancellationToken);
            _succeeded.TrySetResult(Stopwatch.GetTimestamp());
        }
        catch (Exception failure) when (failure is RpcException or OperationCanceledException)
        {
            // That is what happens while there is no leader; another attempt is under way.
        }
    }
}
