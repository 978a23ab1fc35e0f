using System.Collections.Concurrent;

using Etcd.Grpc;
using Etcd.Interop.Wire;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;

namespace Etcd.Interop.Clusters;

/// <summary>One watch of all keys through every member, from the first revision on and taken up again where it broke off: it must show every
/// revision, each once and in order, whatever happens to the member. Nobody may compact meanwhile.</summary>
internal sealed class HistoryWatches : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _ending = new();
    private readonly History[] _histories;
    private readonly Task _running;

    private HistoryWatches(IEnumerable<ClusterMember> members)
    {
        _histories = [.. members.Select(member => new History(member))];
        _running = Task.WhenAll(_histories.Select(FollowAsync));
    }

    public static HistoryWatches Start(IEnumerable<ClusterMember> members) => new(members);

    /// <summary>Waits until every member has shown a revision, and checks what they have shown.</summary>
    /// <param name="revision">A revision that the cluster has.</param>
    /// <param name="acknowledged">Writes at or before that revision.</param>
    public async Task EndAndCheckAsync(long revision, IReadOnlyDictionary<string, string> acknowledged)
    {
        await ClusterMember.UntilAsync(() => Task.FromResult(_histories.All(history => history.Fault is not null || history.Revision >= revision)));
        await _ending.CancelAsync();
        await _running;
        foreach (History history in _histories)
        {
            Assert.Null(history.Fault);
            string[] unseen = [.. acknowledged.Where(write => history.Values.GetValueOrDefault(write.Key) != write.Value).Select(write => write.Key)];
            Assert.True(
                unseen.Length == 0,
                $"the watch through {history.Member.Name} lacks {unseen.Length} of {acknowledged.Count} acknowledged writes, as {unseen.FirstOrDefault()}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running;
        _ending.Dispose();
    }

    private async Task FollowAsync(History history)
    {
        while (!_ending.IsCancellationRequested && history.Fault is null)
        {
            try
            {
                await WatchAsync(history);
            }
            catch (RpcException)
            {
                // Killed, or not up yet.
                await Task.Delay(Pause, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (_ending.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task WatchAsync(History history)
    {
        using RpcStreamCall<WatchRequest, WatchResponse> call = await history.Member.StreamAsync(EtcdMethods.Watch);
        var everything = new WatchCreateRequest { Key = ClusterMember.Text("\0"), RangeEnd = ClusterMember.Text("\0"), StartRevision = history.Revision + 1 };
        await call.WriteAsync(new WatchRequest { CreateRequest = everything }, _ending.Token);
        while (history.Fault is null && await call.MoveNextAsync(_ending.Token))
        {
            history.Take(call.Current);
        }
    }

    private sealed class History(ClusterMember member)
    {
        // An empty store is at revision 1: the first write makes 2.
        private long _revision = 1;
        private volatile string? _fault;

        public ClusterMember Member { get; } = member;

        /// <summary>The last revision it has shown.</summary>
        public long Revision => Interlocked.Read(ref _revision);

        /// <summary>What is wrong with what it has shown.</summary>
        public string? Fault => _fault;

        /// <summary>The last value of each key.</summary>
        public ConcurrentDictionary<string, string> Values { get; } = new();

        public void Take(WatchResponse response)
        {
            if (response.Canceled)
            {
                _fault = $"{Member.Name} ended the watch at {Revision}: {response.CancelReason}, compacted at {response.CompactRevision}";
                return;
            }

            // All that one revision changed comes in one response.
            long before = Revision;
            long last = before;
            foreach (Event change in response.Events)
            {
                long revision = change.Kv.ModRevision;
                if (revision != last + 1 && (revision != last || last == before))
                {
                    _fault = $"{Member.Name} showed revision {revision} after {last}";
                    return;
                }

                last = revision;
                Values[change.Kv.Key.ToStringUtf8()] = change.Kv.Value.ToStringUtf8();
            }

            Interlocked.Exchange(ref _revision, last);
        }
    }
}
