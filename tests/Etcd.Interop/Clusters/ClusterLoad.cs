using System.Collections.Concurrent;

using Etcd.Grpc;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;

namespace Etcd.Interop.Clusters;

/// <summary>Writers at work on a cluster while things happen to its members. Each goes to another member when one fails, and remembers what was
/// acknowledged.</summary>
internal sealed class ClusterLoad : IAsyncDisposable
{
    private const int Writers = 6;

    // Short enough that a writer does not spend the test on a frozen member.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(2);

    private readonly Func<IReadOnlyList<ClusterMember>> _members;
    private readonly string _prefix;
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<string, string> _acknowledged = new();
    private readonly Task _running;
    private long _highestRevision;

    private ClusterLoad(Func<IReadOnlyList<ClusterMember>> members, string prefix)
    {
        _members = members;
        _prefix = prefix;
        _running = Task.WhenAll(Enumerable.Range(0, Writers).Select(WriteAsync));
    }

    /// <summary>Writes acknowledged so far.</summary>
    public int Acknowledged => _acknowledged.Count;

    /// <summary>The writes acknowledged so far, each to a key of its own.</summary>
    public IReadOnlyDictionary<string, string> AcknowledgedWrites => _acknowledged;

    public static ClusterLoad Start(ProcessCluster cluster, string prefix) => new(() => [.. cluster.Members], prefix);

    /// <summary>Waits for that many more acknowledgements: the cluster serves.</summary>
    public async Task MakeProgressAsync(int writes = 200)
    {
        int goal = Acknowledged + writes;
        await ClusterMember.UntilAsync(() => Task.FromResult(Acknowledged >= goal));
    }

    /// <summary>Ends the writers and checks that every acknowledged write is there, through every member.</summary>
    public async Task EndAndCheckAsync()
    {
        await _ending.CancelAsync();
        await _running;
        foreach (ClusterMember member in _members())
        {
            await CheckAsync(member);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running;
        _ending.Dispose();
    }

    private async Task CheckAsync(ClusterMember member)
    {
        var found = new Dictionary<string, string>();
        string from = _prefix;
        while (true)
        {
            RangeResponse page = await member.CallAsync(EtcdMethods.Range, new RangeRequest
            {
                Key = ClusterMember.Text(from),
                RangeEnd = ClusterMember.Text(_prefix + "~"),
                Limit = 5000,
            });
            foreach (Protocol.Kv.KeyValue pair in page.Kvs)
            {
                found[pair.Key.ToStringUtf8()] = pair.Value.ToStringUtf8();
            }

            Assert.True(page.Header.Revision >= _highestRevision, $"{member.Name} is at {page.Header.Revision}, {_highestRevision} was acknowledged");
            if (!page.More)
            {
                break;
            }

            from = page.Kvs[^1].Key.ToStringUtf8() + "\0";
        }

        string[] lost = [.. _acknowledged.Where(pair => found.GetValueOrDefault(pair.Key) != pair.Value).Select(pair => pair.Key)];
        Assert.True(lost.Length == 0, $"{member.Name} ({member.Kind}) lacks {lost.Length} of {_acknowledged.Count} acknowledged writes, as {lost.FirstOrDefault()}");
    }

    private async Task WriteAsync(int writer)
    {
        for (int number = 0; !_ending.IsCancellationRequested; number++)
        {
            string key = $"{_prefix}{writer}/{number:D8}";
            string value = $"value {number} of {writer}";
            for (int attempt = writer; !_ending.IsCancellationRequested; attempt++)
            {
                IReadOnlyList<ClusterMember> members = _members();
                if (await TryPutAsync(members[attempt % members.Count], key, value))
                {
                    _acknowledged[key] = value;
                    break;
                }
            }
        }
    }

    private async Task<bool> TryPutAsync(ClusterMember member, string key, string value)
    {
        try
        {
            PutResponse reply = await member.PutAsync(key, value, CallTimeout);
            for (long known = Volatile.Read(ref _highestRevision); known < reply.Header.Revision;)
            {
                known = Interlocked.CompareExchange(ref _highestRevision, reply.Header.Revision, known);
            }

            return true;
        }
        catch (RpcException)
        {
            // Killed, frozen, without a leader, or stopping: another member takes the same write again, which changes nothing if it was done.
            return false;
        }
    }
}
