using System.Diagnostics.CodeAnalysis;

using Etcd.Mvcc;
using Etcd.Mvcc.Validation;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Consensus;
using Etcd.Server.Limits;

namespace Etcd.Server.Operations;

/// <summary>What clients do with keys. Any thread; a refusal is an <see cref="EtcdException"/>.</summary>
public sealed class KeyValueOperations
{
    private readonly MvccStore _store;
    private readonly Proposals _proposals;
    private readonly ReadGate _gate;
    private readonly SpaceGuard _space;
    private readonly AlarmStore _alarms;
    private readonly HeaderSource _headers;
    private readonly int _txnOperationsMax;

    internal KeyValueOperations(
        MvccStore store,
        Proposals proposals,
        ReadGate gate,
        SpaceGuard space,
        AlarmStore alarms,
        HeaderSource headers,
        int txnOperationsMax)
    {
        _store = store;
        _proposals = proposals;
        _gate = gate;
        _space = space;
        _alarms = alarms;
        _headers = headers;
        _txnOperationsMax = txnOperationsMax;
    }

    /// <summary>Reads keys if that needs to wait for nobody: the read is serializable, or this member is the sole voter.</summary>
    /// <param name="request">What to read.</param>
    /// <param name="reply">What was read; the caller disposes it.</param>
    /// <returns><see langword="false"/> when the read must be confirmed first: <see cref="ConfirmedRangeAsync"/>.</returns>
    public bool TryRange(RangeRequest request, [NotNullWhen(true)] out RangeReply? reply)
    {
        ArgumentNullException.ThrowIfNull(request);
        RequestValidator.Check(request);
        RefuseIfCorrupt();
        reply = null;
        if (!request.Serializable && !_gate.IsSoleVoter)
        {
            return false;
        }

        RangeReply taken = _store.Range(request);
        if (request.Serializable || _gate.IsSoleVoter)
        {
            reply = taken;
            return true;
        }

        taken.Dispose();
        return false;
    }

    /// <summary>Reads keys once this member has applied all that was committed before.</summary>
    /// <returns>What was read; the caller disposes it.</returns>
    public async ValueTask<RangeReply> ConfirmedRangeAsync(RangeRequest request, CancellationToken cancellationToken)
    {
        await _gate.ConfirmAsync(cancellationToken).ConfigureAwait(false);
        return _store.Range(request);
    }

    /// <summary>Writes a key.</summary>
    public async ValueTask<PutResponse> PutAsync(PutRequest request)
    {
        RequestValidator.Check(request);
        var proposal = new InternalRaftRequest { Put = request };
        await _space.CheckAsync(proposal).ConfigureAwait(false);
        var reply = (PutResponse)await _proposals.ProposeAsync(proposal).ConfigureAwait(false);
        _headers.Complete(reply.Header);
        return reply;
    }

    /// <summary>Deletes keys.</summary>
    public async ValueTask<DeleteRangeResponse> DeleteRangeAsync(DeleteRangeRequest request)
    {
        RequestValidator.Check(request);
        var proposal = new InternalRaftRequest { DeleteRange = request };
        var reply = (DeleteRangeResponse)await _proposals.ProposeAsync(proposal).ConfigureAwait(false);
        _headers.Complete(reply.Header);
        return reply;
    }

    /// <summary>Runs a transaction. One that only reads goes the way of reads.</summary>
    public async ValueTask<TxnResponse> TxnAsync(TxnRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        RequestValidator.Check(request, _txnOperationsMax);
        RefuseIfCorrupt();
        TxnResponse reply;
        if (TxnKind.IsReadOnly(request))
        {
            reply = TxnKind.IsSerializable(request)
                ? _store.ReadOnlyTxn(request)
                : await LinearizableTxnAsync(request, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            var proposal = new InternalRaftRequest { Txn = request };
            await _space.CheckAsync(proposal).ConfigureAwait(false);
            reply = (TxnResponse)await _proposals.ProposeAsync(proposal).ConfigureAwait(false);
        }

        _headers.Complete(reply.Header);
        return reply;
    }

    // On its own, so that a transaction that writes does not pay for the captured request.
    private ValueTask<TxnResponse> LinearizableTxnAsync(TxnRequest request, CancellationToken cancellationToken) =>
        _gate.ReadAsync(() => _store.ReadOnlyTxn(request), cancellationToken);

    /// <summary>Forgets history up to a revision.</summary>
    public async ValueTask<CompactionResponse> CompactAsync(CompactionRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var reply = (CompactionResponse)await _proposals
            .ProposeAsync(new InternalRaftRequest { Compaction = request })
            .ConfigureAwait(false);
        if (request.Physical)
        {
            await _store.Compactions.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        _headers.Complete(reply.Header);
        return reply;
    }

    private void RefuseIfCorrupt()
    {
        if (_alarms.IsRaised(AlarmType.Corrupt))
        {
            throw new EtcdException(EtcdErrorCode.Corrupt);
        }
    }
}
