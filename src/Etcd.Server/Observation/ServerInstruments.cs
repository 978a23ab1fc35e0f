namespace Etcd.Server.Observation;

/// <summary>What the parts of one member count and measure as they work. Any thread; recording takes no lock and allocates nothing.</summary>
/// <remarks>Read through <see cref="MemberReadings"/>, which adds what the parts know anyway.</remarks>
public sealed class ServerInstruments
{
    private const int RangeBuckets = 20;
    private const int SnapshotBuckets = 17;
    private const int DefragmentationBuckets = 13;
    private const int HashBuckets = 15;
    private const int DatabaseSaveBuckets = 10;
    private const int LeaseBuckets = 24;

    private readonly TimeProvider _time;
    private long _proposalsFailed;
    private long _slowApplies;
    private long _leaderChanges;
    private long _leasesExpired;
    private long _watchEventsSent;
    private long _walBytes;
    private long _lateHeartbeats;
    private long _logStalls;
    private long _slowReadIndexes;
    private long _failedReadIndexes;
    private long _healthSuccesses;
    private long _healthFailures;
    private long _learnersPromoted;
    private long _promotionsRefused;
    private int _defragmentations;
    private int _snapshotInstallations;

    /// <summary>Creates the instruments.</summary>
    /// <param name="time">Clock that durations are taken from.</param>
    public ServerInstruments(TimeProvider time)
    {
        _time = time;
        Compactions = new CompactionFigures(time);
    }

    /// <summary>Durations of syncing the write-ahead log.</summary>
    public DurationHistogram WalSyncs { get; } = new();

    /// <summary>Durations of appending to the write-ahead log, without its sync.</summary>
    public DurationHistogram WalWrites { get; } = new();

    /// <summary>Bytes of records appended to the write-ahead log.</summary>
    public long WalBytes => Interlocked.Read(ref _walBytes);

    /// <summary>Durations of the backend's commits.</summary>
    public DurationHistogram BackendCommits { get; } = new();

    /// <summary>Durations of rewriting the backend file.</summary>
    public DurationHistogram Defragmentations { get; } = new(TimeSpan.FromMilliseconds(100), DefragmentationBuckets);

    /// <summary>Durations of sending the backend file to clients.</summary>
    public DurationHistogram BackendSnapshots { get; } = new(TimeSpan.FromMilliseconds(10), SnapshotBuckets);

    /// <summary>Durations of the hash over the whole backend.</summary>
    public DurationHistogram Hashes { get; } = new(TimeSpan.FromMilliseconds(10), HashBuckets);

    /// <summary>Durations of the hash over the keys at a revision.</summary>
    public DurationHistogram RevisionHashes { get; } = new(TimeSpan.FromMilliseconds(10), HashBuckets);

    /// <summary>Durations of saving a <c>.snap</c> file, its syncs included.</summary>
    public DurationHistogram SnapshotSaves { get; } = new();

    /// <summary>Durations of writing the v2 tree as JSON for a <c>.snap</c> file.</summary>
    public DurationHistogram SnapshotEncodings { get; } = new();

    /// <summary>Durations of syncing a <c>.snap</c> file.</summary>
    public DurationHistogram SnapshotSyncs { get; } = new();

    /// <summary>Durations of storing a database that came from the leader, from its first byte on.</summary>
    public DurationHistogram DatabaseSaves { get; } = new(TimeSpan.FromMilliseconds(100), DatabaseSaveBuckets);

    /// <summary>Durations of syncing such a database.</summary>
    public DurationHistogram DatabaseSyncs { get; } = new();

    /// <summary>Durations of reading ranges for clients, without the wait for their confirmation.</summary>
    public DurationHistogram Ranges { get; } = new(TimeSpan.FromMicroseconds(100), RangeBuckets);

    /// <summary>Times to live of the leases granted.</summary>
    public DurationHistogram LeaseTtls { get; } = new(TimeSpan.FromSeconds(1), LeaseBuckets);

    /// <summary>How long requests took to apply.</summary>
    public ApplyTimes Applies { get; } = new();

    /// <summary>How compactions went.</summary>
    public CompactionFigures Compactions { get; }

    /// <summary>Streams of watchers that failed.</summary>
    public StreamFailures WatchStreams { get; } = new();

    /// <summary>Streams of keep-alives that failed.</summary>
    public StreamFailures KeepAliveStreams { get; } = new();

    /// <summary>How the checks of the probes went.</summary>
    public ProbeFigures Probes { get; } = new();

    /// <summary>Proposals that timed out or were refused before they were committed.</summary>
    public long ProposalsFailed => Interlocked.Read(ref _proposalsFailed);

    /// <summary>Requests whose application took longer than <see cref="ServerOptions.WarningApplyDuration"/>.</summary>
    public long SlowApplies => Interlocked.Read(ref _slowApplies);

    /// <summary>How often a leader other than the one before became known; the first counts.</summary>
    public long LeaderChanges => Interlocked.Read(ref _leaderChanges);

    /// <summary>Leases this member, as leader, has ended because they had expired.</summary>
    public long LeasesExpired => Interlocked.Read(ref _leasesExpired);

    /// <summary>Watch events handed to clients' connections; one counts once for each watcher it is sent to.</summary>
    public long WatchEventsSent => Interlocked.Read(ref _watchEventsSent);

    /// <summary>Heartbeats this member, as leader, sent too late.</summary>
    public long LateHeartbeats => Interlocked.Read(ref _lateHeartbeats);

    /// <summary>How often the disk of the write-ahead log was found not to answer.</summary>
    public long LogStalls => Interlocked.Read(ref _logStalls);

    /// <summary>Linearizable reads that timed out before they were confirmed.</summary>
    public long SlowReadIndexes => Interlocked.Read(ref _slowReadIndexes);

    /// <summary>Linearizable reads that failed with the leader they were asked of.</summary>
    public long FailedReadIndexes => Interlocked.Read(ref _failedReadIndexes);

    /// <summary>Health checks that found the member healthy.</summary>
    public long HealthSuccesses => Interlocked.Read(ref _healthSuccesses);

    /// <summary>Health checks that did not.</summary>
    public long HealthFailures => Interlocked.Read(ref _healthFailures);

    /// <summary>Learners made voters while this member led.</summary>
    public long LearnersPromoted => Interlocked.Read(ref _learnersPromoted);

    /// <summary>Promotions refused while this member led.</summary>
    public long PromotionsRefused => Interlocked.Read(ref _promotionsRefused);

    /// <summary>Whether the backend file is being rewritten.</summary>
    public bool IsDefragmenting => Volatile.Read(ref _defragmentations) > 0;

    /// <summary>Whether a snapshot of the leader is being installed.</summary>
    public bool IsInstallingSnapshot => Volatile.Read(ref _snapshotInstallations) > 0;

    /// <summary>Counts watch events handed to a client's connection.</summary>
    public void CountWatchEventsSent(long events) => Interlocked.Add(ref _watchEventsSent, events);

    /// <summary>Counts a health check.</summary>
    public void CountHealthCheck(bool isHealthy) => Interlocked.Increment(ref isHealthy ? ref _healthSuccesses : ref _healthFailures);

    /// <summary>Records how long the backend file took to send to a client.</summary>
    /// <param name="started">The <see cref="Timestamp"/> at which it began.</param>
    public void BackendSent(long started) => BackendSnapshots.Record(Since(started));

    /// <summary>The clock's current timestamp.</summary>
    public long Timestamp() => _time.GetTimestamp();

    /// <summary>Time since <paramref name="started"/>.</summary>
    public TimeSpan Since(long started) => _time.GetElapsedTime(started);

    /// <summary>Does something and records how long it took.</summary>
    internal void Measure(DurationHistogram durations, Action work)
    {
        long started = Timestamp();
        work();
        durations.Record(Since(started));
    }

    /// <summary>Counts proposals that timed out or were refused.</summary>
    internal void CountFailedProposals(int proposals) => Interlocked.Add(ref _proposalsFailed, proposals);

    /// <summary>Counts a request whose application took too long.</summary>
    internal void CountSlowApply() => Interlocked.Increment(ref _slowApplies);

    /// <summary>Counts a leader that became known.</summary>
    internal void CountLeaderChange() => Interlocked.Increment(ref _leaderChanges);

    /// <summary>Counts a lease that was ended because it had expired.</summary>
    internal void CountExpiredLease() => Interlocked.Increment(ref _leasesExpired);

    /// <summary>Counts bytes appended to the write-ahead log.</summary>
    internal void CountWalBytes(long bytes) => Interlocked.Add(ref _walBytes, bytes);

    /// <summary>Counts a heartbeat that was sent too late.</summary>
    internal void CountLateHeartbeat() => Interlocked.Increment(ref _lateHeartbeats);

    /// <summary>Counts a disk of the write-ahead log that does not answer.</summary>
    internal void CountLogStall() => Interlocked.Increment(ref _logStalls);

    /// <summary>Counts reads that timed out before they were confirmed.</summary>
    internal void CountSlowReadIndexes(int reads) => Interlocked.Add(ref _slowReadIndexes, reads);

    /// <summary>Counts reads that failed with their leader.</summary>
    internal void CountFailedReadIndexes(int reads) => Interlocked.Add(ref _failedReadIndexes, reads);

    /// <summary>Counts a promotion.</summary>
    internal void CountPromotion(bool succeeded) =>
        Interlocked.Increment(ref succeeded ? ref _learnersPromoted : ref _promotionsRefused);

    /// <summary>Tells that a rewriting of the backend file begins or has ended.</summary>
    internal void Defragmenting(bool begins) => Interlocked.Add(ref _defragmentations, begins ? 1 : -1);

    /// <summary>Tells that the installation of a snapshot begins or has ended.</summary>
    internal void InstallingSnapshot(bool begins) => Interlocked.Add(ref _snapshotInstallations, begins ? 1 : -1);
}
