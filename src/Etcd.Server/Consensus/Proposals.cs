using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Server.Apply;
using Etcd.Server.Observation;
using Etcd.V2;

using Google.Protobuf;

namespace Etcd.Server.Consensus;

/// <summary>The way of a request into the log and of its reply back to the caller.</summary>
internal sealed class Proposals
{
    /// <summary>Committed entries that apply may lag behind before callers are told to slow down.</summary>
    private const ulong ApplyLagMax = 5_000;

    /// <summary>Bytes of requests that may wait.</summary>
    private const long PendingBytesMax = 256L * 1024 * 1024;

    private readonly ProposalBudget _budget = new(PendingBytesMax);
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

    /// <summary>An id that no other request has.</summary>
    internal ulong NextId() => _ids.Next();

    /// <summary>Deadline of a request that arrives now, as a timestamp of the server's clock.</summary>
    internal long DeadlineFromNow() => _time.GetTimestamp() + _timeoutTimestamps;

    /// <summary>Replicates a request; the task completes once it is applied here.</summary>
    /// <exception cref="EtcdException">It is too large, there are too many, it timed out, or the state refused it.</exception>
    internal ValueTask<IMessage> ProposeAsync(InternalRaftRequest request)
    {
        request.Header = new RequestHeader { ID = _ids.Next() };
        return ProposeAsync(request, request.ToByteArray());
    }

    /// <summary>Replicates a raw v2 request: of a client, or one by which etcd publishes members and the cluster version.</summary>
    /// <returns>What it came to when it was applied here; nothing for requests that have no result.</returns>
    internal async ValueTask<V2Result> ProposeAsync(Request request)
    {
        PendingRequest pending = Submit(request, request.ToByteArray());
        await pending.Reply.ConfigureAwait(false);
        return pending.V2Result;
    }

    private ValueTask<IMessage> ProposeAsync(IMessage request, byte[] encoded) => Submit(request, encoded).Reply;

    private PendingRequest Submit(IMessage request, byte[] encoded)
    {
        if (encoded.Length > _options.RequestBytesMax)
        {
            throw new EtcdException(EtcdErrorCode.RequestTooLarge);
        }

        if (_loop.CommitIndex > _appliedIndex() + ApplyLagMax)
        {
            throw new EtcdException(EtcdErrorCode.TooManyRequests);
        }

        if (!_budget.TryTake(encoded.Length))
        {
            _instruments.CountFailedProposals(1);
            throw new EtcdException(EtcdErrorCode.TooManyRequests);
        }

        var pending = new PendingRequest(request, encoded, DeadlineFromNow(), _budget);
        if (!_pending.TryAdd(pending))
        {
            pending.TryClaim();
            throw new EtcdException(EtcdErrorCode.Stopped);
        }

        if (!_loop.TryPost(new RaftInput(RaftInputKind.Propose, pending)))
        {
            _instruments.CountFailedProposals(1);
            pending.TryClaim();
            throw new EtcdException(_loop.IsStopped ? EtcdErrorCode.Stopped : EtcdErrorCode.TooManyRequests);
        }

        return pending;
    }
}
