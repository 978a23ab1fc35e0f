using System.Globalization;

using Etcd.Server;
using Etcd.Simulation.Scenarios;

namespace Etcd.Simulation;

/// <summary>Names, addresses and settings of a cluster's members.</summary>
internal static class ClusterPlan
{
    /// <summary>Machines there may be in one run.</summary>
    public const int HostsMax = 12;

    public static string NameOf(int host) => string.Create(CultureInfo.InvariantCulture, $"m{host}");

    /// <summary>Where the peers of a member reach it.</summary>
    /// <param name="host">Its machine.</param>
    /// <param name="move">How often members have changed their addresses before; 0 at the beginning.</param>
    public static string PeerUrlOf(int host, int move = 0) => string.Create(CultureInfo.InvariantCulture, $"http://10.0.{move}.{host + 1}:2380");

    /// <summary>Settings of a founding member.</summary>
    public static ServerOptions OptionsOf(int host, Scenario scenario) => new()
    {
        Name = NameOf(host),
        DataDirectory = "/data",
        AdvertisePeerUrls = [PeerUrlOf(host)],
        AdvertiseClientUrls = [string.Create(CultureInfo.InvariantCulture, $"http://10.0.0.{host + 1}:2379")],
        InitialCluster = Enumerable.Range(0, scenario.Members)
            .ToDictionary(NameOf, static member => (IReadOnlyList<string>)[PeerUrlOf(member)], StringComparer.Ordinal),
        HeartbeatInterval = scenario.Heartbeat,
        ElectionTimeout = scenario.ElectionTimeout,
        PreVote = scenario.PreVote,
        SnapshotCount = scenario.SnapshotCount,
        SnapshotCatchUpEntries = scenario.SnapshotCatchUpEntries,
        BackendBatchInterval = scenario.BackendBatchInterval,
        BackendBatchLimit = scenario.BackendBatchLimit,
        BackendReclaimFreeBytesMin = 8 << 10,
        CompactionBatchLimit = 5,
        WatchProgressInterval = TimeSpan.FromMilliseconds(500),
        LearnersMax = scenario.LearnersMax,
        LeaseCheckpoints = scenario.LeaseCheckpointInterval > TimeSpan.Zero,
        LeaseCheckpointsPersist = scenario.LeaseCheckpointsPersist,
        LeaseCheckpointInterval = scenario.LeaseCheckpointInterval,
        PeerHealthInterval = TimeSpan.FromMilliseconds(200),
        WalSegmentBytes = scenario.WalSegmentBytes,
        WalFilesMax = 1,
        SnapshotFilesMax = 1,
        FilePurgeInterval = TimeSpan.FromSeconds(1),
        ConsensusOptions = options => scenario.Bug.Tamper(options with
        {
            MessageBytesMax = scenario.AppendBytesMax,
            InflightMessagesMax = scenario.InflightMessagesMax,
        }),
    };

    /// <summary>Settings of a member that joins; who the others are is not known yet.</summary>
    public static ServerOptions OptionsOfJoining(int host, Scenario scenario) => OptionsOf(host, scenario) with { JoinsExistingCluster = true };
}
