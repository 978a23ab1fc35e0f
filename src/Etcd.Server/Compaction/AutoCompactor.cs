using System.Globalization;

using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Consensus;

namespace Etcd.Server.Compaction;

/// <summary>Compacts old revisions by rule, on the leader.</summary>
/// <remarks>By age: the current revision is noted ten times a period (at most hourly), and the note that has become one period old is compacted to.
/// By number: every five minutes all but the newest so many revisions are compacted.</remarks>
internal sealed class AutoCompactor(
    AutoCompactionOptions options, Func<long> currentRevision, RaftLoop loop, Proposals proposals, TimeProvider time, ServerLog log)
{
    private const int NotesPerPeriod = 10;

    private static readonly TimeSpan NoteIntervalMin = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan RevisionInterval = TimeSpan.FromMinutes(5);

    /// <summary>Runs until cancelled; returns at once when the rule is never.</summary>
    internal async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            switch (options.Mode)
            {
                case AutoCompactionMode.Periodic:
                    await RunByAgeAsync(stopping).ConfigureAwait(false);
                    break;
                case AutoCompactionMode.Revision:
                    await RunByNumberAsync(stopping).ConfigureAwait(false);
                    break;
                default:
                    break;
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The member stops.
        }
    }

    /// <summary>Interval between two notes: a tenth of the period, or of an hour for longer periods; no shorter than a timer can be.</summary>
    internal static TimeSpan NoteInterval(TimeSpan period)
    {
        TimeSpan interval = (period < TimeSpan.FromHours(1) ? period : TimeSpan.FromHours(1)) / NotesPerPeriod;
        return interval < NoteIntervalMin ? NoteIntervalMin : interval;
    }

    private async Task RunByAgeAsync(CancellationToken stopping)
    {
        TimeSpan interval = NoteInterval(options.Period);
        var notes = new Queue<long>();
        int notesInPeriod = (int)Math.Ceiling(options.Period / interval);
        using var timer = new PeriodicTimer(interval, time);
        while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
        {
            notes.Enqueue(currentRevision());
            if (notes.Count > notesInPeriod)
            {
                await CompactAsync(notes.Dequeue(), "periodic").ConfigureAwait(false);
            }
        }
    }

    private async Task RunByNumberAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(RevisionInterval, time);
        while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
        {
            await CompactAsync(currentRevision() - options.Revisions, "revision").ConfigureAwait(false);
        }
    }

    private async ValueTask CompactAsync(long revision, string mode)
    {
        if (revision <= 1 || !loop.Leadership.IsLeader)
        {
            return;
        }

        try
        {
            log.AutoCompacting(revision, mode);
            var request = new CompactionRequest { Revision = revision };
            await proposals.ProposeAsync(new InternalRaftRequest { Compaction = request }).ConfigureAwait(false);
        }
        catch (EtcdException failure) when (failure.Code == EtcdErrorCode.Compacted)
        {
            // Nothing was written since, or somebody compacted by hand.
        }
        catch (EtcdException failure)
        {
            log.AutoCompactionFailed(revision, string.Create(CultureInfo.InvariantCulture, $"{failure.Message}"));
        }
    }
}
