using Etcd.Hosting.Settings;
using Etcd.Server;

namespace Etcd.Hosting;

/// <summary>Turns checked settings into the configuration of the server.</summary>
internal static class ServerOptionsMapping
{
    private static readonly TimeSpan BatchIntervalDefault = TimeSpan.FromMilliseconds(100);
    private const int BatchLimitDefault = 10_000;
    private const ulong SnapshotCountDefault = 100_000;
    private const ulong SnapshotCatchUpEntriesDefault = 5_000;
    private const int CompactionBatchLimitDefault = 1_000;
    private static readonly TimeSpan CompactionSleepDefault = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan WatchProgressDefault = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan WatchProgressMin = TimeSpan.FromMilliseconds(100);

    internal static ServerOptions From(MemberSettings settings) => new()
    {
        Name = settings.Name,
        DataDirectory = settings.DataDirectory,
        WalDirectory = settings.WalDirectory.Length > 0 ? settings.WalDirectory : null,
        AdvertisePeerUrls = Texts(settings.AdvertisePeerUrls),
        AdvertiseClientUrls = Texts(settings.AdvertiseClientUrls),
        InitialCluster = InitialClusterText.Read(settings.InitialCluster),
        JoinsExistingCluster = settings.JoinsExistingCluster,
        InitialClusterToken = settings.InitialClusterToken,
        HeartbeatInterval = settings.HeartbeatInterval,
        ElectionTimeout = settings.ElectionTimeout,
        InitialElectionTickAdvance = settings.InitialElectionTickAdvance,
        StrictReconfigCheck = settings.StrictReconfigCheck,
        LearnersMax = settings.LearnersMax,
        PreVote = settings.PreVote,
        SnapshotCount = settings.SnapshotCount > 0 ? settings.SnapshotCount : SnapshotCountDefault,
        SnapshotCatchUpEntries = settings.SnapshotCatchUpEntries > 0 ? settings.SnapshotCatchUpEntries : SnapshotCatchUpEntriesDefault,
        SnapshotFilesMax = settings.SnapshotFilesMax,
        WalFilesMax = settings.WalFilesMax,
        RequestBytesMax = settings.RequestBytesMax,
        TxnOperationsMax = settings.TxnOperationsMax,
        QuotaBackendBytes = settings.QuotaBackendBytes,
        QuotaAlarmDisarmPercent = settings.QuotaAlarmDisarmPercent,
        BackendBatchInterval = settings.BackendBatchInterval > TimeSpan.Zero ? settings.BackendBatchInterval : BatchIntervalDefault,
        BackendBatchLimit = settings.BackendBatchLimit > 0 ? settings.BackendBatchLimit : BatchLimitDefault,
        BackendReclaimBytesPerSecond = settings.BackendReclaimBytesPerSecond,
        ForceNewCluster = settings.ForceNewCluster,
        UnsafeNoSync = settings.UnsafeNoSync,
        AutoCompaction = settings.AutoCompaction,
        CompactionBatchLimit = settings.CompactionBatchLimit > 0 ? settings.CompactionBatchLimit : CompactionBatchLimitDefault,
        CompactionSleepInterval = settings.CompactionSleepInterval > TimeSpan.Zero ? settings.CompactionSleepInterval : CompactionSleepDefault,
        WatchProgressInterval = WatchProgressInterval(settings.WatchProgressInterval),
        InitialCorruptCheck = settings.InitialCorruptCheck,
        CorruptCheckInterval = settings.CorruptCheckInterval,
        CompactHashCheck = settings.CompactHashCheck,
        CompactHashCheckInterval = settings.CompactHashCheckInterval,
        LeaseCheckpoints = settings.LeaseCheckpoints,
        LeaseCheckpointsPersist = settings.LeaseCheckpointsPersist,
        LeaseCheckpointInterval = settings.LeaseCheckpointInterval,
        StartDefragmentationMegabytes = settings.StartDefragmentationMegabytes,
        IsUnhealthyWhileDefragmenting = settings.IsUnhealthyWhileDefragmenting,
        AuthToken = settings.AuthToken,
        AuthTokenTimeToLive = settings.AuthTokenTimeToLive,
        BcryptCost = settings.BcryptCost,
        ClientCertificatesNameUsers = settings.ClientTls.ClientCertificatesDemanded,
        WarningApplyDuration = settings.WarningApplyDuration,
        Seed = BitConverter.ToUInt64(System.Security.Cryptography.RandomNumberGenerator.GetBytes(sizeof(ulong))),
    };

    // As in etcd: nothing given is the default, and no watcher is told more often than ten times a second.
    private static TimeSpan WatchProgressInterval(TimeSpan given)
    {
        if (given <= TimeSpan.Zero)
        {
            return WatchProgressDefault;
        }

        return given < WatchProgressMin ? WatchProgressMin : given;
    }

    private static List<string> Texts(IEnumerable<Uri> urls) => [.. urls.Select(url => url.OriginalString.TrimEnd('/'))];
}
