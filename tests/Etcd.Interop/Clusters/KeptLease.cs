using System.Collections.Concurrent;
using System.Diagnostics;

using Etcd.Grpc;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Interop.Clusters;

/// <summary>A lease with a key, kept alive through one member after the other: until its time has run out since the last answer, lease and key must
/// be there. Should the cluster not answer for all of that time, it may end, and another one takes its place.</summary>
internal sealed class KeptLease : IAsyncDisposable
{
    private const long Seconds = 10;

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly ClusterMember[] _members;
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentQueue<string> _faults = new();
    private readonly Task _running;
    private long _lease;

    // Counted from before the last request that was answered, on this side: the members count from later.
    private long _aliveFrom;
    private int _confirmations;

    private KeptLease(IEnumerable<ClusterMember> members)
    {
        _members = [.. members];
        _running = KeepAsync();
    }

    public static KeptLease Start(IEnumerable<ClusterMember> members) => new(members);

    // One for each lease: a write without an answer may still take effect when another lease has taken the place of its own.
    private static ByteString KeyOf(long lease) => ClusterMember.Text($"kept/{lease}");

    private bool MustLive => Stopwatch.GetElapsedTime(_aliveFrom) < TimeSpan.FromSeconds(Seconds);

    /// <summary>Waits until the lease was kept alive and its key found a few times more.</summary>
    public Task MakeProgressAsync()
    {
        int goal = Volatile.Read(ref _confirmations) + 3;
        return ClusterMember.UntilAsync(() => Task.FromResult(_running.IsFaulted || Volatile.Read(ref _confirmations) >= goal));
    }

    public async Task EndAndCheckAsync()
    {
        await _ending.CancelAsync();
        await _running;
        Assert.Empty(_faults);
        Assert.NotEqual(0, _confirmations);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running;
        _ending.Dispose();
    }

    private async Task KeepAsync()
    {
        for (int via = 0; !_ending.IsCancellationRequested; via++)
        {
            ClusterMember member = _members[via % _members.Length];
            try
            {
                if (_lease == 0)
                {
                    await GrantAsync(member);
                }
                else
                {
                    await KeepAliveAsync(member);
                }
            }
            catch (RpcException)
            {
                // Not through this member.
            }

            await Task.Delay(Pause, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task GrantAsync(ClusterMember member)
    {
        long sent = Stopwatch.GetTimestamp();
        LeaseGrantResponse granted = await member.CallAsync(EtcdMethods.LeaseGrant, new LeaseGrantRequest { TTL = Seconds }, CallTimeout);
        await member.CallAsync(EtcdMethods.Put, new PutRequest { Key = KeyOf(granted.ID), Lease = granted.ID }, CallTimeout);
        _aliveFrom = sent;
        _lease = granted.ID;
    }

    private async Task KeepAliveAsync(ClusterMember member)
    {
        long sent = Stopwatch.GetTimestamp();
        using RpcStreamCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse> call = await member.StreamAsync(EtcdMethods.LeaseKeepAlive, CallTimeout);
        await call.WriteAsync(new LeaseKeepAliveRequest { ID = _lease }, TestContext.Current.CancellationToken);
        if (!await call.MoveNextAsync(TestContext.Current.CancellationToken))
        {
            return;
        }

        if (call.Current.TTL <= 0)
        {
            Ended($"{member.Name} knows no lease");
            return;
        }

        _aliveFrom = sent;
        RangeResponse found = await member.CallAsync(EtcdMethods.Range, new RangeRequest { Key = KeyOf(_lease) }, CallTimeout);
        if (found.Kvs.Count == 1)
        {
            Interlocked.Increment(ref _confirmations);
        }
        else
        {
            Ended($"{member.Name} has no key of the lease");
        }
    }

    private void Ended(string what)
    {
        if (MustLive)
        {
            _faults.Enqueue($"{what} {Stopwatch.GetElapsedTime(_aliveFrom).TotalSeconds:F1} s after it was kept alive for {Seconds} s");
        }

        _lease = 0;
    }
}
