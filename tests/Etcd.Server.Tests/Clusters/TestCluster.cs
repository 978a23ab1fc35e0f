using System.Text;

using Etcd.Raft;
using Etcd.Server.Membership;
using Etcd.Server.Tests.Pumps;

namespace Etcd.Server.Tests.Clusters;

/// <summary>Whole members in one process, on simulated disks and a <see cref="MemoryNetwork"/>, in real time.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private TestCluster(int members, Func<ServerOptions, ServerOptions> adjust, string? held = null)
    {
        Network = new MemoryNetwork(TimeProvider.System);
        string[] names = [.. Enumerable.Range(1, members).Select(number => $"m{number}")];
        var initial = names.ToDictionary(name => name, IReadOnlyList<string> (name) => [UrlOf(name)]);
        Members =
        [
            .. names.Select(name => new ClusterMember(Network, adjust(OptionsOf(name, initial)))
            {
                Holding = held is null ? null : new HoldingExecution(held),
            }),
        ];
    }

    public MemoryNetwork Network { get; }

    public List<ClusterMember> Members { get; }

    public IEnumerable<ulong> Ids => Members.Where(member => member.IsUp).Select(member => member.Id);

    public static Task<TestCluster> StartAsync(int members) => StartAsync(members, static options => options);

    public static Task<TestCluster> StartAsync(int members, Func<ServerOptions, ServerOptions> adjust) => StartAsync(members, members, adjust);

    /// <summary>Starts only the first of the members; the others are to come.</summary>
    public static Task<TestCluster> StartAsync(int members, int started, Func<ServerOptions, ServerOptions> adjust) =>
        StartAsync(new TestCluster(members, adjust), started);

    /// <summary>Starts members of which each can have its pump of that name held.</summary>
    public static Task<TestCluster> StartHoldingAsync(int members, string held) =>
        StartAsync(new TestCluster(members, static options => options, held), members);

    private static async Task<TestCluster> StartAsync(TestCluster cluster, int started)
    {
        await Task.WhenAll(cluster.Members.Take(started).Select(member => member.StartAsync()));
        await cluster.PublishedAsync();
        return cluster;
    }

    public static string UrlOf(string name) => $"http://{name}:2380";

    public static ServerOptions OptionsOf(string name, IReadOnlyDictionary<string, IReadOnlyList<string>> initial) => new()
    {
        Name = name,
        DataDirectory = "/data",
        AdvertisePeerUrls = [UrlOf(name)],
        AdvertiseClientUrls = [$"http://{name}:2379"],
        InitialCluster = initial,
        HeartbeatInterval = TimeSpan.FromMilliseconds(60),
        ElectionTimeout = TimeSpan.FromMilliseconds(600),
        Seed = (ulong)name[^1],
    };

    /// <summary>Adds a member to the cluster, and starts it.</summary>
    public async Task<ClusterMember> AddAsync(string name, ClusterMember via, bool isLearner = false)
    {
        ClusterMember joining = await AddUnstartedAsync(name, via, isLearner);
        await joining.StartAsync();
        await joining.Server.Published.WaitAsync(Patience);
        joining.Options = joining.Options with { JoinsExistingCluster = false };
        return joining;
    }

    /// <summary>Adds a member to the cluster; it is not started yet.</summary>
    public async Task<ClusterMember> AddUnstartedAsync(string name, ClusterMember via, bool isLearner = false)
    {
        ulong id = MemberIds.ForMember([UrlOf(name)], string.Empty, DateTimeOffset.UtcNow);
        var member = new Member(id, [UrlOf(name)], isLearner, string.Empty, []);
        ConfChangeType type = isLearner ? ConfChangeType.AddLearnerNode : ConfChangeType.AddNode;
        ClusterView view = await via.Server.Proposals.ProposeAsync(new ConfChange(type, id, MemberRecord.Write(member)));

        // As etcdctl prints it for the new member: those that are there, by the names they have given themselves.
        var initial = view.Members.ToDictionary(known => known.Id == id ? name : known.Name, known => known.PeerUrls);
        var joining = new ClusterMember(Network, OptionsOf(name, initial) with { JoinsExistingCluster = true }) { IdWhenKnown = id };
        Members.Add(joining);
        return joining;
    }

    /// <summary>The change that makes a learner a voter.</summary>
    public static ConfChange Promotion(ulong id) =>
        new(ConfChangeType.AddNode, id, Encoding.UTF8.GetBytes($$"""{"id":{{id}},"peerURLs":null,"isPromote":true}"""));

    /// <summary>Waits until all members that are up have told the cluster of themselves.</summary>
    public Task PublishedAsync() =>
        Task.WhenAll(Members.Where(member => member.IsUp).Select(member => member.Server.Published)).WaitAsync(Patience);

    /// <summary>The leader, once those members that are up, or the given ones, agree on one of them.</summary>
    public async Task<ClusterMember> LeaderAsync(IEnumerable<ClusterMember>? among = null)
    {
        ClusterMember[] members = [.. among ?? Members.Where(member => member.IsUp)];
        ClusterMember? leader = null;
        await UntilAsync(() =>
        {
            leader = Array.Find(members, member => member.IsLeader);
            return leader is not null && members.All(member => member.Server.Readings.Leadership.Leader == leader.Id);
        });
        return leader!;
    }

    public async Task<ClusterMember> FollowerAsync()
    {
        ClusterMember leader = await LeaderAsync();
        return Members.First(member => member.IsUp && member != leader);
    }

    /// <summary>Waits for a state that the cluster reaches by itself.</summary>
    public static async Task UntilAsync(Func<bool> reached)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!reached())
        {
            // Nothing tells when the state is reached, so it is looked at again and again.
            await Task.Delay(5, patience.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // A stop waits for what was handed to apply.
        Members.ForEach(member => member.Holding?.Release());
        foreach (ClusterMember member in Members.Where(member => member.IsUp))
        {
            await member.Server.DisposeAsync();
        }
    }
}
