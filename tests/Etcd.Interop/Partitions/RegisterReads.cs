using System.Collections.Concurrent;
using System.Globalization;

using Etcd.Grpc;
using Etcd.Interop.Clusters;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;

namespace Etcd.Interop.Partitions;

/// <summary>One writer that counts a key up, and one reader on every member: a read that begins after a number was acknowledged must not return a
/// lower one, whatever the network does.</summary>
internal sealed class RegisterReads : IAsyncDisposable
{
    private const string Key = "register";

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly ClusterMember[] _members;
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentQueue<string> _stale = new();
    private readonly Task _running;
    private long _acknowledged;
    private int _reads;

    private RegisterReads(IEnumerable<ClusterMember> members)
    {
        _members = [.. members];
        _running = Task.WhenAll([WriteAsync(), .. _members.Select(ReadAsync)]);
    }

    public static RegisterReads Start(IEnumerable<ClusterMember> members) => new(members);

    /// <summary>Waits until the writer and some readers get on.</summary>
    public Task MakeProgressAsync()
    {
        long written = Interlocked.Read(ref _acknowledged) + 5;
        int read = Volatile.Read(ref _reads) + 20;
        return ClusterMember.UntilAsync(() => Task.FromResult(Interlocked.Read(ref _acknowledged) >= written && Volatile.Read(ref _reads) >= read));
    }

    public async Task EndAndCheckAsync()
    {
        await _ending.CancelAsync();
        await _running;
        Assert.Empty(_stale);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running;
        _ending.Dispose();
    }

    private async Task WriteAsync()
    {
        int via = 0;
        for (long number = 1; !_ending.IsCancellationRequested;)
        {
            try
            {
                await CountUpToAsync(_members[via % _members.Length], number);
                Interlocked.Exchange(ref _acknowledged, number);
                number++;
            }
            catch (RpcException)
            {
                // Not through this member. Whether the number was written is not known, so the next member writes the same one.
                via++;
            }
        }
    }

    // Under a condition: an attempt without an answer may still take effect much later, and must change nothing then.
    private static async Task CountUpToAsync(ClusterMember member, long number)
    {
        var isNext = new Compare
        {
            Target = Compare.Types.CompareTarget.Version,
            Result = Compare.Types.CompareResult.Equal,
            Key = ClusterMember.Text(Key),
            Version = number - 1,
        };
        var put = new PutRequest { Key = ClusterMember.Text(Key), Value = ClusterMember.Text(number.ToString(CultureInfo.InvariantCulture)) };
        TxnResponse reply = await member.CallAsync(
            EtcdMethods.Txn,
            new TxnRequest
            {
                Compare = { isNext },
                Success = { new RequestOp { RequestPut = put } },
                Failure = { new RequestOp { RequestRange = new RangeRequest { Key = ClusterMember.Text(Key) } } },
            },
            CallTimeout);
        Assert.True(reply.Succeeded || reply.Responses[0].ResponseRange.Kvs[0].Version == number);
    }

    private async Task ReadAsync(ClusterMember member)
    {
        while (!_ending.IsCancellationRequested)
        {
            long before = Interlocked.Read(ref _acknowledged);
            try
            {
                RangeResponse reply = await member.CallAsync(EtcdMethods.Range, new RangeRequest { Key = ClusterMember.Text(Key) }, CallTimeout);
                long found = reply.Kvs is [var pair] ? long.Parse(pair.Value.ToStringUtf8(), CultureInfo.InvariantCulture) : 0;
                Interlocked.Increment(ref _reads);
                if (found < before)
                {
                    _stale.Enqueue($"{member.Name} ({member.Kind}) read {found} after {before} was acknowledged");
                }
            }
            catch (RpcException)
            {
                // It cannot confirm a read: right of it. One that is down says so at once, and is not to be asked thousands of times.
                await Task.Delay(Pause, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
