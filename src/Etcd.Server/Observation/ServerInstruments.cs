namespace Etcd.Server.Observation;

/// <summary>What the parts of one member count and measure as they work. Any thread; recording takes no lock.</summary>
/// <remarks>Read through <see cref="MemberReadings"/>, which adds what the parts know anyway.</remarks>
public sealed class ServerInstruments
{
    private readonly TimeProvider _time;
    private long _proposalsFailed;
    private long _slowApplies;
    private long _leaderChanges;
    private long _leasesExpired;
    private long _watchEventsSent;

    /// <summary>Creates the instruments.</summary>
    /// <param name="time">Clock that durations are taken from.</param>
    public ServerInstruments(TimeProvider time) => _time = time;

    /// <summary>Durations of syncing the write-ahead log.</summary>
    public DurationHistogram WalSyncs { get; } = new();

    /// <summary>Durations of the backend's commits.</summary>
    public DurationHistogram BackendCommits { get; } = new();

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

    /// <summary>Counts watch events handed to a client's connection.</summary>
    public void CountWatchEventsSent(long events) => Interlocked.Add(ref _watchEventsSent, events);

    /// <summary>The clock's current timestamp.</summary>
    internal long Timestamp() => _time.GetTimestamp();

    /// <summary>Time since <paramref name="started"/>.</summary>
    internal TimeSpan Since(long started) => _time.GetElapsedTime(started);

    /// <summary>Counts proposals that timed out or were refused.</summary>
    internal void CountFailedProposals(int proposals) => Interlocked.Add(ref _proposalsFailed, proposals);

    /// <summary>Counts a request whose application took too long.</summary>
    internal void CountSlowApply() => Interlocked.Increment(ref _slowApplies);

    /// <summary>Counts a leader that became known.</summary>
    internal void CountLeaderChange() => Interlocked.Increment(ref _leaderChanges);

    /// <summary>Counts a lease that was ended because it had expired.</summary>
    internal void CountExpiredLease() => Interlocked.Increment(ref _leasesExpired);
}
