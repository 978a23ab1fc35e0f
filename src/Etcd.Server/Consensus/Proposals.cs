using Etcd.Auth;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Raft;
using Etcd.Raft.Encoding;
using Etcd.Server.Apply;
using Etcd.Server.Membership;
using Etcd.Server.Observation;
using Etcd.V2;

using Google.Protobuf;

namespace Etcd.Server.Consensus;

/// <summary>The way of a request into the log and of its reply back to the caller.</summary>
internal sealed class Proposals
{
    /// <summary>Bytes of requests that may wait.</summary>
    private const long PendingBytesMax = 256L * 1024 * 1024;

    /// <summary>Largest entry of the v2 API. Real etcd 3.4.10 to 3.4.19 and early 3.5 do not start on a log with a record of 10 MiB; some of that is
    /// left for what stands around the entry.</summary>
    private const int V2EntryBytesMax = (10 * 1024 * 1024) - (64 * 1024);

    private readonly ProposalBudget _budget = new(PendingBytesMax, Urgency.ReservedBytes);
    private readonly RaftLoop _loop;
    private readonly Func<ulong> _appliedIndex;
    private readonly PendingRequests _pending;
    private readonly RequestIdGenerator _ids;
    private readonly TimeProvider _time;
    private readonly ServerOptions _options;
    private readonly ServerInstruments _instruments;
    private readonly long _timeoutTimestamps;

    internal Proposals(
        RaftLoop loop,
        Func<ulong> appliedIndex,
        PendingRequests pending,
        RequestIdGenerator ids,
        TimeProvider time,
        ServerOptions options,
        ServerInstruments instruments)
    {
        _loop = loop;
        _appliedIndex = appliedIndex;
        _pending = pending;
        _ids = ids;
        _time = time;
        _options = options;
        _instruments = instruments;
        _timeoutTimestamps = (long)(options.RequestTimeout.TotalSeconds * time.TimestampFrequency);
    }

    /// <summary>How long a request may wait, in timestamps of the server's clock.</summary>
    internal long TimeoutTimestamps => _timeoutTimestamps;

    /// <summary>An id that no other request has.</summary>
    internal ulong NextId() => _ids.Next();

    /// <summary>Deadline of a request that arrives now, as a timestamp of the server's clock.</summary>
    internal long DeadlineFromNow() => _time.GetTimestamp() + _timeoutTimestamps;

    /// <summary>Replicates a request; the task completes once it is applied here.</summary>
    /// <returns>What apply made of it: the reply message.</returns>
    /// <exception cref="EtcdException">It is too large, there are too many, it timed out, or the state refused it.</exception>
    internal ValueTask<object> ProposeAsync(InternalRaftRequest request) => ProposeAsLeaderAsync(request, term: 0);

    /// <summary>Replicates a request in the name of a user: apply holds it against the rules for that user.</summary>
    /// <param name="request">What to replicate.</param>
    /// <param name="caller">The user; nobody's requests are the member's own, or those of clients while authentication is off.</param>
    /// <exception cref="EtcdException">Also what the rules refuse it for.</exception>
    internal ValueTask<object> ProposeAsync(InternalRaftRequest request, Caller caller)
    {
        request.Header = HeaderFor(caller);
        return ProposeAsync(request);
    }

    /// <summary>A header that names a user; the id is filled in later.</summary>
    internal static RequestHeader HeaderFor(Caller caller) =>
        caller.IsAnonymous ? new RequestHeader() : new RequestHeader { Username = caller.UserName, AuthRevision = caller.Revision };

    /// <summary>Like <see cref="ProposeAsync(InternalRaftRequest)"/>, but only as leader of a term: it reaches no log unless this member leads
    /// in that term when it gets there.</summary>
    /// <param name="request">What to replicate.</param>
    /// <param name="term">The term, as the leadership view had it when the request was decided on.</param>
    /// <exception cref="EtcdException">Also <see cref="EtcdErrorCode.NotLeader"/>.</exception>
    internal ValueTask<object> ProposeAsLeaderAsync(InternalRaftRequest request, ulong term)
    {
        request.Header ??= new RequestHeader();
        EntryNames.CheckText(request);
        request.Header.ID = _ids.Next();
        byte[] encoded = request.ToByteArray();
        return ProposeAsync(new PendingRequest(_budget)
        {
            Id = request.Header.ID,
            Request = request,
            Encoded = encoded,
            Deadline = DeadlineFromNow(),
            OnlyInTerm = term,
            Trace = RequestTrace.Begin(_time),
        });
    }

    /// <summary>Replicates a raw v2 request: of a client, or one by which etcd publishes members and the cluster version. Its id is the
    /// caller's to set.</summary>
    /// <returns>What it came to when it was applied here; nothing for requests that have no result.</returns>
    /// <exception cref="EtcdException">As for other requests.</exception>
    internal async ValueTask<V2Result> ProposeAsync(Request request) => (V2Result)await ProposeAsync(new PendingRequest(_budget)
    {
        Id = request.ID,
        Request = request,
        Encoded = request.ToByteArray(),
        Deadline = DeadlineFromNow(),
    }).ConfigureAwait(false);

    /// <summary>Replicates a configuration change; completes once it is applied here. It waits for one that is under way; where real etcd
    /// leads, such a change is dropped and the caller finds out by the time-out.</summary>
    /// <returns>The members after it.</returns>
    /// <exception cref="EtcdException">Also what the members refuse it for: id removed, peer URL exists, not found, no learner, too many learners.</exception>
    internal async ValueTask<ClusterView> ProposeAsync(ConfChange change)
    {
        change = change with { Id = _ids.Next() };
        var pending = new PendingRequest(_budget)
        {
            Id = change.Id,
            Change = change,
            Encoded = ConfChangeCodec.Encode(change),
            Deadline = DeadlineFromNow(),
        };
        return (ClusterView)await ProposeAsync(pending).ConfigureAwait(false);
    }

    private ValueTask<object> ProposeAsync(PendingRequest pending)
    {
        // The bound is that of gRPC and of the gateway. Requests of the v2 API have their own, whatever it is.
        if (pending.Encoded.Length > (pending.Request is Request ? V2EntryBytesMax : _options.RequestBytesMax))
        {
            throw new EtcdException(EtcdErrorCode.RequestTooLarge);
        }

        if (Urgency.IsTooFarBehind(pending, _loop.CommitIndex, _appliedIndex()))
        {
            throw new EtcdException(EtcdErrorCode.TooManyRequests);
        }

        if (!_budget.TryTake(pending.Encoded.Length, Urgency.IsUrgent(pending)))
        {
            _instruments.CountFailedProposals(1);
            throw new EtcdException(EtcdErrorCode.TooManyRequests);
        }

        if (!_pending.TryAdd(pending))
        {
            pending.TryClaim();
            throw new EtcdException(EtcdErrorCode.Stopped);
        }

        if (!_loop.TryPropose(pending))
        {
            _instruments.CountFailedProposals(1);
            pending.TryClaim();
            throw new EtcdException(_loop.IsStopped ? EtcdErrorCode.Stopped : EtcdErrorCode.TooManyRequests);
        }

        return pending.Trace is null ? pending.Reply : TracedAsync(pending, pending.Trace);
    }

    private static async ValueTask<object> TracedAsync(PendingRequest pending, RequestTrace trace)
    {
        try
        {
            object reply = await pending.Reply.ConfigureAwait(false);
            trace.End(error: null);
            return reply;
        }
        catch (EtcdException failure)
        {
            trace.End(failure);
            throw;
        }
    }
}
