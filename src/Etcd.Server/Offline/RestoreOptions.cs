namespace Etcd.Server.Offline;

/// <summary>How a snapshot becomes the data directory of a new cluster's member. The defaults are etcd's.</summary>
public sealed record RestoreOptions
{
    /// <summary>The snapshot file.</summary>
    public required string SnapshotPath { get; init; }

    /// <summary>What to bring the snapshot forward to; <see langword="null"/> leaves it as it is.</summary>
    public IRollForward? RollForwardTo { get; init; }

    /// <summary>The data directory to make: missing or empty.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Directory of the write-ahead log, which must not exist; <see langword="null"/> puts it into the data directory.</summary>
    public string? WalDirectory { get; init; }

    /// <summary>The member's name.</summary>
    public string Name { get; init; } = "default";

    /// <summary>Members of the new cluster: <c>name=url,name=url</c>.</summary>
    public string InitialCluster { get; init; } = "default=http://localhost:2380";

    /// <summary>Token that sets the cluster's ids apart from those of clusters with the same addresses.</summary>
    public string InitialClusterToken { get; init; } = "etcd-cluster";

    /// <summary>The member's peer URLs, between commas; they must be those <see cref="InitialCluster"/> has for it.</summary>
    public string InitialAdvertisePeerUrls { get; init; } = "http://localhost:2380";

    /// <summary>Takes a file without checksum, or with a wrong one: a database copied out of a data directory.</summary>
    public bool SkipHashCheck { get; init; }

    /// <summary>Address space to map for the database, in bytes, less than 256 TiB; 0 for the default of 10 GiB.</summary>
    public ulong InitialMapBytes { get; init; }

    /// <summary>How much the newest revision is raised, so that watchers of the old cluster notice; 0 for not at all. What it comes to must
    /// leave room below 2^63 for the revisions of the new cluster.</summary>
    public ulong BumpRevision { get; init; }

    /// <summary>Marks everything up to the raised revision for compaction. Goes together with <see cref="BumpRevision"/>.</summary>
    public bool MarkCompacted { get; init; }
}
