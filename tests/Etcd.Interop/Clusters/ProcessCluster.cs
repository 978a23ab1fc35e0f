using Etcd.Grpc;
using Etcd.Interop.Wire;
using Etcd.Protocol.Rpc;
using Etcd.Testing;
using Etcd.Testing.Networks;
using Etcd.Testing.Processes;

namespace Etcd.Interop.Clusters;

/// <summary>Several members as processes on loopback, of one kind or mixed.</summary>
internal sealed class ProcessCluster : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Func<ServerKind, IEnumerable<string>> _flags;
    private readonly IReadOnlyList<NetworkHost> _hosts;
    private int _directories;

    private ProcessCluster(ServerKind[] kinds, Func<ServerKind, IEnumerable<string>> flags, IReadOnlyList<NetworkHost> hosts)
    {
        _flags = flags;
        _hosts = hosts;
        foreach (ServerKind kind in kinds)
        {
            Members.Add(CreateMember(kind));
        }
    }

    public List<ClusterMember> Members { get; } = [];

    public ClusterMember this[int index] => Members[index];

    /// <summary>Text of <c>--initial-cluster</c> for the present members.</summary>
    public string InitialCluster => string.Join(',', Members.Select(member => member.InitialText));

    /// <summary>Members none of which has been started.</summary>
    public static ProcessCluster Create(params ServerKind[] kinds) => new(kinds, NoFlags, []);

    /// <summary>A cluster that serves through every member.</summary>
    public static Task<ProcessCluster> StartAsync(params ServerKind[] kinds) => StartAsync(kinds, NoFlags, []);

    /// <summary>A cluster whose members have these flags, too.</summary>
    public static Task<ProcessCluster> StartWithFlagsAsync(IEnumerable<string> flags, params ServerKind[] kinds) =>
        StartAsync(kinds, _ => flags, []);

    /// <summary>A cluster whose members run on hosts of a network, one on each.</summary>
    public static Task<ProcessCluster> StartAsync(PartitionableNetwork network, params ServerKind[] kinds) =>
        StartAsync(kinds, NoFlags, network.Hosts);

    /// <summary>A cluster whose members cut their logs after few entries, so that one that lags behind needs a snapshot. Real 3.4 keeps
    /// 5000 entries all the same: it has no flag for it.</summary>
    public static Task<ProcessCluster> StartWithShortLogsAsync(params ServerKind[] kinds) => StartAsync(kinds, ShortLogFlags, []);

    /// <summary>A cluster whose members serve the v2 API.</summary>
    /// <param name="kinds">Whose programs the members run.</param>
    /// <param name="withShortLogs">As <see cref="StartWithShortLogsAsync"/>.</param>
    public static Task<ProcessCluster> StartWithV2Async(ServerKind[] kinds, bool withShortLogs = false) =>
        StartAsync(kinds, kind => [.. V2Flags(kind), .. withShortLogs ? ShortLogFlags(kind) : []], []);

    private static async Task<ProcessCluster> StartAsync(
        ServerKind[] kinds, Func<ServerKind, IEnumerable<string>> flags, IReadOnlyList<NetworkHost> hosts)
    {
        var cluster = new ProcessCluster(kinds, flags, hosts);
        try
        {
            foreach (ClusterMember member in cluster.Members)
            {
                cluster.Launch(member);
            }

            await cluster.WaitUntilReadyAsync();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>A member that does not run and that the cluster knows nothing of.</summary>
    public ClusterMember CreateMember(ServerKind kind)
    {
        int number = ++_directories;
        string name = $"m{number}";
        return new ClusterMember(name, kind, _directory.File(name), _hosts.ElementAtOrDefault(number - 1));
    }

    /// <summary>An empty directory for the next life of a member.</summary>
    public string NewDirectory() => _directory.File($"again{++_directories}");

    /// <summary>Starts a member on what it has.</summary>
    public void Launch(ClusterMember member, string state = "new") => member.Launch(InitialCluster, state, _flags(member.Kind));

    /// <summary>Starts a member on what it has and waits until it serves.</summary>
    public async Task StartAsync(ClusterMember member, string state = "new")
    {
        Launch(member, state);
        await member.WaitUntilReadyAsync();
    }

    public Task WaitUntilReadyAsync() => Task.WhenAll(Members.Select(member => member.WaitUntilReadyAsync()));

    /// <summary>The member that leads according to all that answer, once they agree.</summary>
    /// <param name="except">One that is not asked and must not be it.</param>
    public async Task<ClusterMember> WaitForLeaderAsync(ClusterMember? except = null)
    {
        ClusterMember? leader = null;
        await ClusterMember.UntilAsync(async () =>
        {
            StatusResponse?[] states = await Task.WhenAll(
                Members.Where(member => member != except).Select(member => member.StatusAsync()));
            ulong[] named = [.. states.OfType<StatusResponse>().Select(state => state.Leader).Distinct()];
            StatusResponse? own = named is [not 0] ? states.OfType<StatusResponse>().FirstOrDefault(state => state.Header.MemberId == named[0]) : null;
            leader = own is null ? null : Members.Where(member => member != except).ElementAt(Array.IndexOf(states, own));
            return leader is not null;
        });
        return leader!;
    }

    /// <summary>The two members of three that do not lead, and then the one that does: what happens to the first makes nobody wait for an
    /// election.</summary>
    public async Task<(ClusterMember First, ClusterMember Second, ClusterMember Leader)> WaitForRolesAsync()
    {
        ClusterMember leader = await WaitForLeaderAsync();
        ClusterMember[] followers = [.. Members.Where(member => member != leader)];
        return (followers[0], followers[1], leader);
    }

    /// <summary>Makes a member lead.</summary>
    public async Task MoveLeaderAsync(ClusterMember target)
    {
        ulong id = (await target.StatusAsync())!.Header.MemberId;
        await ClusterMember.UntilAsync(async () =>
        {
            ClusterMember leader = await WaitForLeaderAsync();
            if (leader == target)
            {
                return true;
            }

            try
            {
                await leader.CallAsync(EtcdMethods.MoveLeader, new MoveLeaderRequest { TargetID = id });
            }
            catch (RpcException refused) when (
                refused.Code is RpcStatusCode.FailedPrecondition or RpcStatusCode.Unavailable or RpcStatusCode.DeadlineExceeded)
            {
                // Leadership has moved since it was asked for, or the target was not caught up in time: seen at the next look.
            }

            return false;
        });
    }

    /// <summary>Waits until all members have applied the same log, and checks that they hold the same.</summary>
    public async Task CheckSameContentAsync()
    {
        long revision = (await Members[0].CallAsync(EtcdMethods.Range, new RangeRequest { Key = ClusterMember.Text("x") })).Header.Revision;
        HashKVResponse[] hashes = await Task.WhenAll(Members.Select(async member =>
        {
            // A confirmed read: the member has applied at least what was there when it was asked.
            await member.GetAsync("x");
            return await member.CallAsync(EtcdMethods.HashKv, new HashKVRequest { Revision = revision });
        }));

        Assert.All(hashes, hash => Assert.Equal((hashes[0].Hash, hashes[0].CompactRevision), (hash.Hash, hash.CompactRevision)));
    }

    private static IEnumerable<string> NoFlags(ServerKind kind) => [];

    private static string[] ShortLogFlags(ServerKind kind) => kind == ServerKind.Real34
        ? ["--snapshot-count", "100"]
        : ["--snapshot-count", "100", "--experimental-snapshot-catchup-entries", "50"];

    // Each request of a v2 user checks a password: at the usual cost that is a quarter of a second.
    private static string[] V2Flags(ServerKind kind) => kind == ServerKind.Ours ? ["--bcrypt-cost=4"] : ["--enable-v2", "--bcrypt-cost=4"];

    public async ValueTask DisposeAsync()
    {
        foreach (ClusterMember member in Members)
        {
            await member.DisposeAsync();
        }

        _directory.Dispose();
    }
}
