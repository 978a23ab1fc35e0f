using System.Threading.Tasks.Sources;

using Etcd.V2;

using Google.Protobuf;

namespace Etcd.Server.Apply;

/// <summary>A request on its way through the log, and the caller that waits for it. It travels with its log entry on the member that
/// proposed it, so that apply neither parses the entry again nor looks the caller up.</summary>
internal sealed class PendingRequest : IValueTaskSource<IMessage>
{
    private ManualResetValueTaskSourceCore<IMessage> _source;
    private readonly ProposalBudget _budget;
    private int _claimed;

    internal PendingRequest(IMessage request, ReadOnlyMemory<byte> encoded, long deadline, ProposalBudget budget)
    {
        _budget = budget;
        Request = request;
        Encoded = encoded;
        Deadline = deadline;
    }

    /// <summary>The request, parsed: an <see cref="Etcd.Protocol.Replication.InternalRaftRequest"/>, or a raw v2 <see cref="Etcd.Protocol.Replication.Request"/>.</summary>
    internal IMessage Request { get; }

    /// <summary>The request as the log entry carries it.</summary>
    internal ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>Timestamp of the server's clock at which the caller stops waiting.</summary>
    internal long Deadline { get; }

    /// <summary>Who watches over the deadline; this and the links to the neighbours belong to it.</summary>
    internal PendingRequests? Watcher { get; set; }

    /// <summary>The one with the next earlier deadline.</summary>
    internal PendingRequest? Previous { get; set; }

    /// <summary>The one with the next later deadline.</summary>
    internal PendingRequest? Next { get; set; }

    /// <summary>What a v2 request came to: set by apply before it answers, read by the caller afterwards.</summary>
    internal V2Result V2Result { get; set; }

    /// <summary>Whether somebody has claimed the right to answer.</summary>
    internal bool IsAnswered => Volatile.Read(ref _claimed) != 0;

    /// <summary>What the caller awaits, once.</summary>
    internal ValueTask<IMessage> Reply => new(this, _source.Version);

    /// <summary>Claims the right to answer; the first claimant alone gets it.</summary>
    internal bool TryClaim()
    {
        if (Interlocked.Exchange(ref _claimed, 1) != 0)
        {
            return false;
        }

        _budget.Release(Encoded.Length);
        Watcher?.Remove(this);
        return true;
    }

    /// <summary>Answers; the caller's continuation runs on this thread. Only for who has claimed.</summary>
    internal void Succeed(IMessage reply) => _source.SetResult(reply);

    /// <summary>Answers with an error; the caller's continuation runs on this thread. Only for who has claimed.</summary>
    internal void Fail(Exception error) => _source.SetException(error);

    /// <inheritdoc />
    IMessage IValueTaskSource<IMessage>.GetResult(short token) => _source.GetResult(token);

    /// <inheritdoc />
    ValueTaskSourceStatus IValueTaskSource<IMessage>.GetStatus(short token) => _source.GetStatus(token);

    /// <inheritdoc />
    void IValueTaskSource<IMessage>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
