using System.Diagnostics.Metrics;

namespace Etcd.Server;

/// <summary>Measurements of one member, under etcd's names. Readers attach to the meter <see cref="MeterName"/>.</summary>
public sealed class ServerInstruments : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Etcd.Server";

    private readonly TimeProvider _time;
    private readonly Meter _meter = new(MeterName);
    private readonly Histogram<double> _walSyncSeconds;
    private readonly Counter<long> _proposalsFailed;
    private readonly Counter<long> _slowApplies;

    /// <summary>Creates the instruments.</summary>
    /// <param name="time">Clock that durations are taken from.</param>
    public ServerInstruments(TimeProvider time)
    {
        _time = time;
        _walSyncSeconds = _meter.CreateHistogram<double>("etcd_disk_wal_fsync_duration_seconds", "s", "Latency of syncing the write-ahead log.");
        _proposalsFailed = _meter.CreateCounter<long>("etcd_server_proposals_failed_total", null, "Proposals that failed.");
        _slowApplies = _meter.CreateCounter<long>("etcd_server_slow_apply_total", null, "Requests whose application took too long.");
    }

    /// <summary>The clock's current timestamp.</summary>
    internal long Timestamp() => _time.GetTimestamp();

    /// <summary>Time since <paramref name="started"/>.</summary>
    internal TimeSpan Since(long started) => _time.GetElapsedTime(started);

    /// <summary>Records one sync of the log.</summary>
    internal void RecordWalSync(TimeSpan took) => _walSyncSeconds.Record(took.TotalSeconds);

    /// <summary>Counts a proposal that timed out or was refused.</summary>
    internal void CountFailedProposal() => _proposalsFailed.Add(1);

    /// <summary>Counts a request whose application took too long.</summary>
    internal void CountSlowApply() => _slowApplies.Add(1);

    /// <inheritdoc />
    public void Dispose() => _meter.Dispose();
}
