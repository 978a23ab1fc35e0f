using Etcd.Hosting.Settings;
using Etcd.Server;

namespace Etcd.Hosting;

/// <summary>Turns checked settings into the configuration of the server.</summary>
internal static class ServerOptionsMapping
{
    private static readonly TimeSpan BatchIntervalDefault = TimeSpan.FromMilliseconds(100);
    private const int BatchLimitDefault = 10_000;

    internal static ServerOptions From(MemberSettings settings) => new()
    {
        Name = settings.Name,
        DataDirectory = settings.DataDirectory,
        WalDirectory = settings.WalDirectory.Length > 0 ? settings.WalDirectory : null,
        AdvertisePeerUrls = Texts(settings.AdvertisePeerUrls),
        AdvertiseClientUrls = Texts(settings.AdvertiseClientUrls),
        InitialCluster = InitialClusterText.Read(settings.InitialCluster),
        InitialClusterToken = settings.InitialClusterToken,
        HeartbeatInterval = settings.HeartbeatInterval,
        ElectionTimeout = settings.ElectionTimeout,
        PreVote = settings.PreVote,
        SnapshotCount = settings.SnapshotCount,
        SnapshotCatchUpEntries = settings.SnapshotCatchUpEntries,
        SnapshotFilesMax = settings.SnapshotFilesMax,
        WalFilesMax = settings.WalFilesMax,
        RequestBytesMax = settings.RequestBytesMax,
        TxnOperationsMax = settings.TxnOperationsMax,
        QuotaBackendBytes = settings.QuotaBackendBytes,
        BackendBatchInterval = settings.BackendBatchInterval > TimeSpan.Zero ? settings.BackendBatchInterval : BatchIntervalDefault,
        BackendBatchLimit = settings.BackendBatchLimit > 0 ? settings.BackendBatchLimit : BatchLimitDefault,
        UnsafeNoSync = settings.UnsafeNoSync,
        AutoCompaction = settings.AutoCompaction,
        CompactionBatchLimit = settings.CompactionBatchLimit,
        CompactionSleepInterval = settings.CompactionSleepInterval,
        WatchProgressInterval = settings.WatchProgressInterval,
        WarningApplyDuration = settings.WarningApplyDuration,
        Seed = BitConverter.ToUInt64(System.Security.Cryptography.RandomNumberGenerator.GetBytes(sizeof(ulong))),
    };

    private static List<string> Texts(IEnumerable<Uri> urls) => [.. urls.Select(url => url.OriginalString.TrimEnd('/'))];
}
