using System.Threading.Tasks.Sources;

using Etcd.Raft;
using Etcd.Server.Observation;

using Google.Protobuf;

namespace Etcd.Server.Apply;

/// <summary>A proposal on its way through the log, and the caller that waits for it. On a leader it travels with its log entry, so that
/// apply neither parses the entry again nor looks the caller up; on any other member it is found again by its id and its bytes.</summary>
internal sealed class PendingRequest(ProposalBudget budget) : IValueTaskSource<object>
{
    private ManualResetValueTaskSourceCore<object> _source;
    private int _claimed;

    /// <summary>Number of the request, unique in the cluster; the log entry carries it.</summary>
    internal required ulong Id { get; init; }

    /// <summary>The request, parsed: an <see cref="Protocol.Replication.InternalRaftRequest"/>, or a raw v2
    /// <see cref="Protocol.Replication.Request"/>; <see langword="null"/> for a configuration change.</summary>
    internal IMessage? Request { get; init; }

    /// <summary>The configuration change; <see langword="null"/> for any other request.</summary>
    internal ConfChange? Change { get; init; }

    /// <summary>The request as the log entry carries it.</summary>
    internal required ReadOnlyMemory<byte> Encoded { get; init; }

    /// <summary>Timestamp of the server's clock at which the caller stops waiting.</summary>
    internal required long Deadline { get; init; }

    /// <summary>The only term in which this member may propose it, as leader; 0 for any, from any member.</summary>
    internal ulong OnlyInTerm { get; init; }

    /// <summary>Notes its way, when its caller is being traced.</summary>
    internal RequestTrace? Trace { get; init; }

    /// <summary>Who watches over the deadline; this and the links to the neighbours belong to it.</summary>
    internal PendingRequests? Watcher { get; set; }

    /// <summary>The one with the next earlier deadline.</summary>
    internal PendingRequest? Previous { get; set; }

    /// <summary>The one with the next later deadline.</summary>
    internal PendingRequest? Next { get; set; }

    /// <summary>The thread of the caller while it carries the request through the loop by itself, else 0: nobody awaits the reply yet, and
    /// answering on that thread runs nobody's code.</summary>
    internal int CarriedByThread { get; set; }

    /// <summary>Whether somebody has claimed the right to answer.</summary>
    internal bool IsAnswered => Volatile.Read(ref _claimed) != 0;

    /// <summary>What the caller awaits, once: what apply made of the request.</summary>
    internal ValueTask<object> Reply => new(this, _source.Version);

    /// <summary>Whether a log entry with that data carries this request, so that <see cref="Request"/> may stand in for it. A leader's own entries hold
    /// the very memory that was proposed, and their bytes are not looked at.</summary>
    internal bool IsCarriedBy(ReadOnlyMemory<byte> entryData) =>
        entryData.Equals(Encoded) || entryData.Span.SequenceEqual(Encoded.Span);

    /// <summary>Claims the right to answer; the first claimant alone gets it.</summary>
    internal bool TryClaim()
    {
        if (Interlocked.Exchange(ref _claimed, 1) != 0)
        {
            return false;
        }

        budget.Release(Encoded.Length);
        Watcher?.Remove(this);
        return true;
    }

    /// <summary>Answers; the caller's continuation runs on this thread. Only for who has claimed.</summary>
    internal void Succeed(object reply) => _source.SetResult(reply);

    /// <summary>Answers with an error; the caller's continuation runs on this thread. Only for who has claimed.</summary>
    internal void Fail(Exception error) => _source.SetException(error);

    /// <inheritdoc />
    object IValueTaskSource<object>.GetResult(short token) => _source.GetResult(token);

    /// <inheritdoc />
    ValueTaskSourceStatus IValueTaskSource<object>.GetStatus(short token) => _source.GetStatus(token);

    /// <inheritdoc />
    void IValueTaskSource<object>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
