using Etcd.Interop.Partitions;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;

namespace Etcd.Interop.Clusters;

/// <summary>Clients of all kinds on a cluster while things happen to its members: writers, readers, a watch through every member, and a lease that
/// is kept alive.</summary>
internal sealed class ClientsAtWork : IAsyncDisposable
{
    private readonly ProcessCluster _cluster;
    private readonly ClusterLoad _load;
    private readonly RegisterReads _reads;
    private readonly HistoryWatches _watches;
    private readonly KeptLease _lease;

    private ClientsAtWork(ProcessCluster cluster, string prefix)
    {
        _cluster = cluster;
        _watches = HistoryWatches.Start(cluster.Members);
        _lease = KeptLease.Start(cluster.Members);
        _load = ClusterLoad.Start(cluster, prefix);
        _reads = RegisterReads.Start(cluster.Members);
    }

    /// <param name="cluster">Its members stay the same.</param>
    /// <param name="prefix">Of the writers' keys.</param>
    public static ClientsAtWork Start(ProcessCluster cluster, string prefix) => new(cluster, prefix);

    /// <summary>Waits until clients of every kind get on.</summary>
    public async Task MakeProgressAsync(int writes = 200)
    {
        await _load.MakeProgressAsync(writes);
        await _reads.MakeProgressAsync();
        await _lease.MakeProgressAsync();
    }

    /// <summary>Ends them and checks that no acknowledged write is lost, no read was stale, no watch has missed or repeated anything, the lease lived
    /// as long as it was kept alive, and all members hold the same.</summary>
    public async Task EndAndCheckAsync()
    {
        await _lease.EndAndCheckAsync();
        await _reads.EndAndCheckAsync();
        await _load.EndAndCheckAsync();
        RangeResponse now = await _cluster[0].CallAsync(EtcdMethods.Range, new RangeRequest { Key = ClusterMember.Text("x") });
        await _watches.EndAndCheckAsync(now.Header.Revision, _load.AcknowledgedWrites);
        await _cluster.CheckSameContentAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _lease.DisposeAsync();
        await _reads.DisposeAsync();
        await _load.DisposeAsync();
        await _watches.DisposeAsync();
    }
}
