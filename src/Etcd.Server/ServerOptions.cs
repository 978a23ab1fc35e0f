using Etcd.Auth;
using Etcd.Raft;
using Etcd.Server.Compaction;

namespace Etcd.Server;

/// <summary>Configuration of one member, already checked; every default is etcd's.</summary>
public sealed record ServerOptions
{
    /// <summary>Human-readable name of the member.</summary>
    public string Name { get; init; } = "default";

    /// <summary>Directory that holds all the member's data.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Directory of the write-ahead log; <see langword="null"/> keeps it in the data directory.</summary>
    public string? WalDirectory { get; init; }

    /// <summary>Peer URLs this member advertises.</summary>
    public IReadOnlyList<string> AdvertisePeerUrls { get; init; } = ["http://localhost:2380"];

    /// <summary>Client URLs this member advertises.</summary>
    public IReadOnlyList<string> AdvertiseClientUrls { get; init; } = ["http://localhost:2379"];

    /// <summary>Members a new cluster begins with: name to peer URLs.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> InitialCluster { get; init; }

    /// <summary>Whether a member without data joins a running cluster instead of founding one; without effect once it has data.</summary>
    public bool JoinsExistingCluster { get; init; }

    /// <summary>Whether a member with data makes itself the whole cluster, all other members removed: the last resort when a quorum is lost.</summary>
    public bool ForceNewCluster { get; init; }

    /// <summary>Text that keeps the ids of otherwise equal clusters apart.</summary>
    public string InitialClusterToken { get; init; } = "etcd-cluster";

    /// <summary>Interval of one raft tick and of heartbeats.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Time without a leader after which an election starts; at least five heartbeats.</summary>
    public TimeSpan ElectionTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether a member that starts beside others shortens its first election time-out once it has reached them.</summary>
    public bool InitialElectionTickAdvance { get; init; } = true;

    /// <summary>Whether changes of the membership are refused that would endanger the quorum.</summary>
    public bool StrictReconfigCheck { get; init; } = true;

    /// <summary>How long members must have been connected before a change of the membership counts on them.</summary>
    internal TimeSpan PeerHealthInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Most learners at a time.</summary>
    public int LearnersMax { get; init; } = 1;

    /// <summary>Whether candidates ask for a pre-vote first.</summary>
    public bool PreVote { get; init; } = true;

    /// <summary>Applied entries after which the raft log is snapshotted to disk.</summary>
    public ulong SnapshotCount { get; init; } = 100_000;

    /// <summary>Applied entries kept in memory for members that lag behind.</summary>
    public ulong SnapshotCatchUpEntries { get; init; } = 5_000;

    /// <summary>Snapshot files to keep; 0 keeps all.</summary>
    public int SnapshotFilesMax { get; init; } = 5;

    /// <summary>WAL segments to keep; 0 keeps all.</summary>
    public int WalFilesMax { get; init; } = 5;

    /// <summary>Largest client request in bytes.</summary>
    public int RequestBytesMax { get; init; } = 1_572_864;

    /// <summary>Largest number of operations in a transaction.</summary>
    public int TxnOperationsMax { get; init; } = 128;

    /// <summary>Space quota of the backend in bytes; 0 is the default of 2 GiB, negative is none.</summary>
    public long QuotaBackendBytes { get; init; }

    /// <summary>Size of the backend, in percent of its quota, below which a member takes its own alarm about space back; 0: only an operator does.</summary>
    public int QuotaAlarmDisarmPercent { get; init; }

    /// <summary>Pause between two looks whether there is space again.</summary>
    internal TimeSpan QuotaAlarmLookInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest time a write waits in memory before the backend commits it (it is durable in the WAL all along).</summary>
    public TimeSpan BackendBatchInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Writes after which the backend commits at once.</summary>
    public int BackendBatchLimit { get; init; } = 10_000;

    /// <summary>Bytes that the backend may write in a second to give free space at the end of its file back to the disk; 0 switches it off.</summary>
    public long BackendReclaimBytesPerSecond { get; init; } = 10 << 20;

    /// <summary>Free bytes of the backend that are never worth giving back.</summary>
    internal long BackendReclaimFreeBytesMin { get; init; } = 4 << 20;

    /// <summary>Whether the WAL and the backend skip syncing: faster, and acknowledged writes are lost with the machine.</summary>
    public bool UnsafeNoSync { get; init; }

    /// <summary>Free megabytes (of 1024 times 1024 bytes) in the backend file from which on it is rewritten without them at a start; 0 is never.</summary>
    public uint StartDefragmentationMegabytes { get; init; }

    /// <summary>Whether the gRPC health service says that the member does not serve while it rewrites the backend file.</summary>
    public bool IsUnhealthyWhileDefragmenting { get; init; }

    /// <summary>How old revisions are compacted without being asked.</summary>
    public AutoCompactionOptions AutoCompaction { get; init; } = AutoCompactionOptions.Off;

    /// <summary>Keys a compaction looks at in one slice.</summary>
    public int CompactionBatchLimit { get; init; } = 1_000;

    /// <summary>Pause between two slices of a compaction.</summary>
    public TimeSpan CompactionSleepInterval { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Idle time after which a watcher that asked for it is told how far it has seen.</summary>
    public TimeSpan WatchProgressInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Time to apply one request above which a warning is logged.</summary>
    public TimeSpan WarningApplyDuration { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether a member that has data compares it with the others' before it starts, and refuses to start if it differs.</summary>
    public bool InitialCorruptCheck { get; init; }

    /// <summary>Time between two comparisons of all members' keys by the leader; zero for none.</summary>
    public TimeSpan CorruptCheckInterval { get; init; }

    /// <summary>Whether the leader compares the hashes that the members took of compactions.</summary>
    public bool CompactHashCheck { get; init; }

    /// <summary>Time between two such comparisons.</summary>
    public TimeSpan CompactHashCheckInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Whether the leader has all members know what is left of long leases, so that a new leader does not give them their whole life again.</summary>
    public bool LeaseCheckpoints { get; init; }

    /// <summary>Whether they keep it over a restart.</summary>
    public bool LeaseCheckpointsPersist { get; init; }

    /// <summary>How often they are told of each lease that is longer than this; above zero.</summary>
    public TimeSpan LeaseCheckpointInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Kind of tokens that users get: <c>simple</c>, or <c>jwt,</c> and its options.</summary>
    public string AuthToken { get; init; } = "simple";

    /// <summary>Time without use after which a simple token ends.</summary>
    public TimeSpan AuthTokenTimeToLive { get; init; } = SimpleTokens.TimeToLiveDefault;

    /// <summary>Cost of password hashes, as a power of two.</summary>
    public int BcryptCost { get; init; } = Bcrypt.CostDefault;

    /// <summary>Failed logins that one address has free; more must wait.</summary>
    public int LoginFailuresMax { get; init; } = 20;

    /// <summary>Time that gives an address one failed login back.</summary>
    public TimeSpan LoginFailureRefill { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Whether the common name of a client's certificate names a user, where the client shows no token.</summary>
    public bool ClientCertificatesNameUsers { get; init; }

    /// <summary>Seed of the member's random choices (election timeouts, jitter).</summary>
    public ulong Seed { get; init; }

    /// <summary>Length at which a segment of the write-ahead log is full, in bytes.</summary>
    internal long WalSegmentBytes { get; init; } = 64_000_000;

    /// <summary>Pause between two looks for snapshot files and log segments that are too many.</summary>
    internal TimeSpan FilePurgeInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Has the last word on the options of the consensus node; for limits too small for a real cluster.</summary>
    internal Func<RaftOptions, RaftOptions> ConsensusOptions { get; init; } = static options => options;

    /// <summary>Ticks without a leader after which an election starts.</summary>
    public int ElectionTicks => (int)(ElectionTimeout / HeartbeatInterval);

    /// <summary>How long a request may wait to be applied: five seconds for the disk and the queue, and two elections.</summary>
    public TimeSpan RequestTimeout => TimeSpan.FromSeconds(5) + (2 * ElectionTimeout);

    /// <summary>Shortest lease in seconds: one and a half elections, so that a lease outlives a leader change.</summary>
    public long LeaseTtlSecondsMin => (long)Math.Ceiling(1.5 * ElectionTimeout.TotalSeconds);
}
