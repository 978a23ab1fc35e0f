using System.Diagnostics;

using Etcd.Raft;
using Etcd.Server.Apply;

namespace Etcd.Server.Observation;

/// <summary>The way of one request through consensus, log and apply, noted as it passes and told as spans at its end.</summary>
/// <remarks>
/// There is one only for a request whose caller is being traced; without a listener nobody is, and a request costs one look at a field. The
/// request changes threads, so spans are not opened and closed on the way: each step notes its time.
/// </remarks>
internal sealed class RequestTrace
{
    private readonly ActivityContext _caller;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _proposed;
    private DateTimeOffset? _syncBegan;
    private DateTimeOffset _synced;
    private DateTimeOffset? _applyBegan;
    private DateTimeOffset _applied;
    private ulong _index;

    private RequestTrace(ActivityContext caller, TimeProvider time)
    {
        _caller = caller;
        _time = time;
        _proposed = time.GetUtcNow();
    }

    /// <summary>Begins the trace of a request that is about to be proposed.</summary>
    /// <returns><see langword="null"/> when its caller is not traced.</returns>
    internal static RequestTrace? Begin(TimeProvider time) =>
        ServerActivities.Source.HasListeners() && Activity.Current is { Recorded: true } caller ? new RequestTrace(caller.Context, time) : null;

    /// <summary>Notes that the entries of messages have been made durable.</summary>
    /// <param name="message">What was written.</param>
    /// <param name="took">Time of the sync, which has just ended.</param>
    internal static void Synced(RaftMessage message, TimeSpan took)
    {
        foreach (ref readonly Entry entry in message.Entries.Span)
        {
            (entry.Attachment as PendingRequest)?.Trace?.Synced(took);
        }
    }

    /// <summary>Notes that the request begins to be applied.</summary>
    internal void ApplyBegins(ulong index)
    {
        _index = index;
        _applyBegan = _time.GetUtcNow();
    }

    /// <summary>Notes that it has been applied.</summary>
    internal void Applied() => _applied = _time.GetUtcNow();

    /// <summary>Tells the spans.</summary>
    /// <param name="error">Why the request failed; <see langword="null"/> when it did not.</param>
    internal void End(Exception? error)
    {
        DateTimeOffset now = _time.GetUtcNow();
        using Activity? consensus = Span("raft.propose", _caller, _proposed, _applyBegan ?? now);
        if (consensus is not null && _syncBegan is { } began)
        {
            Span("wal.sync", consensus.Context, began, _synced)?.Dispose();
        }

        if (_applyBegan is { } applies)
        {
            using Activity? apply = Span("apply", _caller, applies, _applied > applies ? _applied : now);
            apply?.SetTag("raft.index", (long)_index);
        }
        else if (error is not null)
        {
            consensus?.SetStatus(ActivityStatusCode.Error, error.Message);
        }
    }

    private static Activity? Span(string name, ActivityContext parent, DateTimeOffset began, DateTimeOffset ended)
    {
        Activity? span = ServerActivities.Source.StartActivity(name, ActivityKind.Internal, parent, startTime: began);
        span?.SetEndTime(ended.UtcDateTime);
        return span;
    }

    private void Synced(TimeSpan took)
    {
        _synced = _time.GetUtcNow();
        _syncBegan = _synced - took;
    }
}
