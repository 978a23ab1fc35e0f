using Etcd.Interop.Clusters;
using Etcd.Testing.Networks;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Partitions;

/// <summary>Members on hosts of a network that can be parted, with clients at work on all of them: what is acknowledged must stay, and no
/// confirmed read may be older than what was acknowledged before it.</summary>
internal sealed class PartitionedCluster : IAsyncDisposable
{
    private readonly PartitionableNetwork _network;
    private readonly ProcessCluster _cluster;
    private readonly ClusterLoad _load;
    private readonly RegisterReads _reads;

    private PartitionedCluster(PartitionableNetwork network, ProcessCluster cluster)
    {
        _network = network;
        _cluster = cluster;
        _load = ClusterLoad.Start(cluster, "parted/");
        _reads = RegisterReads.Start(cluster.Members);
    }

    public PartitionableNetwork Network => _network;

    public IReadOnlyList<ClusterMember> Members => _cluster.Members;

    public static async Task<PartitionedCluster> StartAsync(params ServerKind[] kinds)
    {
        PartitionableNetwork network = await PartitionableNetwork.CreateAsync(kinds.Length);
        try
        {
            ProcessCluster cluster = await ProcessCluster.StartAsync(network, kinds);
            var parted = new PartitionedCluster(network, cluster);
            await parted.MakeProgressAsync();
            return parted;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    public int NumberOf(ClusterMember member) => _cluster.Members.IndexOf(member);

    /// <summary>The leader and the others, by their numbers.</summary>
    public async Task<(int Leader, int[] Followers)> RolesAsync()
    {
        int leader = NumberOf(await _cluster.WaitForLeaderAsync());
        return (leader, [.. Enumerable.Range(0, Members.Count).Where(number => number != leader)]);
    }

    public Task<ClusterMember> WaitForLeaderAsync(ClusterMember? except = null) => _cluster.WaitForLeaderAsync(except);

    public Task MoveLeaderAsync(ClusterMember member) => _cluster.MoveLeaderAsync(member);

    /// <summary>Waits until clients get on, writing and reading.</summary>
    public async Task MakeProgressAsync()
    {
        await _load.MakeProgressAsync(100);
        await _reads.MakeProgressAsync();
    }

    /// <summary>Heals the network and checks that the members find together by themselves: every one serves again, none lacks an acknowledged
    /// write, all hold the same, and no read was stale.</summary>
    public async Task HealAndCheckAsync()
    {
        await _network.HealAsync();
        await _cluster.WaitUntilReadyAsync();
        await _cluster.WaitForLeaderAsync();
        await MakeProgressAsync();
        await _reads.EndAndCheckAsync();
        await _load.EndAndCheckAsync();
        await _cluster.CheckSameContentAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _reads.DisposeAsync();
        await _load.DisposeAsync();
        await _cluster.DisposeAsync();
        await _network.DisposeAsync();
    }
}
