using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

using Etcd.Auth;
using Etcd.Mvcc;
using Etcd.Mvcc.Validation;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Access;
using Etcd.Server.Apply;
using Etcd.Server.Consensus;
using Etcd.Server.Limits.Prefixes;
using Etcd.Server.Observation;

namespace Etcd.Server.Operations;

/// <summary>What clients do with keys. Any thread; a refusal is an <see cref="EtcdException"/>.</summary>
public sealed class KeyValueOperations
{
    private readonly MvccStore _store;
    private readonly Proposals _proposals;
    private readonly ReadGate _gate;
    private readonly AccessGuard _access;
    private readonly SpaceGuard _space;
    private readonly PrefixQuotas _quotas;
    private readonly HeaderSource _headers;
    private readonly SlowApplyLog _slow;
    private readonly int _txnOperationsMax;

    internal KeyValueOperations(
        MvccStore store,
        Proposals proposals,
        ReadGate gate,
        AccessGuard access,
        SpaceGuard space,
        PrefixQuotas quotas,
        HeaderSource headers,
        SlowApplyLog slow,
        int txnOperationsMax)
    {
        _store = store;
        _proposals = proposals;
        _gate = gate;
        _access = access;
        _space = space;
        _quotas = quotas;
        _headers = headers;
        _slow = slow;
        _txnOperationsMax = txnOperationsMax;
    }

    /// <summary>As <see cref="TryRange(RangeRequest, Caller, out RangeReply?)"/>, for nobody in particular.</summary>
    public bool TryRange(RangeRequest request, [NotNullWhen(true)] out RangeReply? reply) => TryRange(request, Caller.Anonymous, out reply);

    /// <summary>Reads keys if that needs to wait for nobody: the read is serializable, or this member is the sole voter.</summary>
    /// <param name="request">What to read.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="reply">What was read; the caller disposes it.</param>
    /// <returns><see langword="false"/> when the read must be confirmed first: <see cref="ConfirmedRangeAsync(RangeRequest, Caller, CancellationToken)"/>.</returns>
    public bool TryRange(RangeRequest request, Caller caller, [NotNullWhen(true)] out RangeReply? reply)
    {
        ArgumentNullException.ThrowIfNull(request);
        RequestValidator.Check(request);
        reply = null;
        if (!request.Serializable && !_gate.IsSoleVoter)
        {
            return false;
        }

        RangeReply taken = Read(request, caller);
        if (request.Serializable || _gate.IsSoleVoter)
        {
            reply = taken;
            return true;
        }

        taken.Dispose();
        return false;
    }

    /// <summary>As the other, for nobody in particular.</summary>
    public ValueTask<RangeReply> ConfirmedRangeAsync(RangeRequest request, CancellationToken cancellationToken) =>
        ConfirmedRangeAsync(request, Caller.Anonymous, cancellationToken);

    /// <summary>Reads keys once this member has applied all that was committed before.</summary>
    /// <returns>What was read; the caller disposes it.</returns>
    public async ValueTask<RangeReply> ConfirmedRangeAsync(RangeRequest request, Caller caller, CancellationToken cancellationToken)
    {
        using (ServerActivities.Source.StartActivity("raft.read_index"))
        {
            await _gate.ConfirmAsync(cancellationToken).ConfigureAwait(false);
        }

        return Read(request, caller);
    }

    /// <summary>Looks at this member's state as a range would, for whoever must know beforehand how much a request is going to read. Nobody is to be shown
    /// what it finds: no rules are asked.</summary>
    /// <exception cref="EtcdException">The range cannot be read.</exception>
    public RangeReply Look(RangeRequest request) => _store.Look(request);

    /// <summary>Writes a key.</summary>
    public async ValueTask<PutResponse> PutAsync(PutRequest request, Caller caller = default)
    {
        RequestValidator.Check(request);
        var proposal = new InternalRaftRequest { Put = request };
        await _access.CheckAsync(proposal, caller).ConfigureAwait(false);
        await _space.CheckAsync(proposal).ConfigureAwait(false);
        var reply = (PutResponse)await ProposeAsync(proposal, caller).ConfigureAwait(false);
        _headers.Complete(reply.Header);
        return reply;
    }

    /// <summary>Makes sure that a transaction is well formed and that a caller may run it, for whoever looks at what it will read before it is run.</summary>
    /// <exception cref="EtcdException">It is not, or the caller may not.</exception>
    public ValueTask RequireAllowedAsync(TxnRequest request, Caller caller)
    {
        ArgumentNullException.ThrowIfNull(request);
        RequestValidator.Check(request, _txnOperationsMax);
        return _access.IsNeeded ? _access.CheckAsync(new InternalRaftRequest { Txn = request }, caller) : default;
    }

    /// <summary>As the other, for a deletion.</summary>
    /// <exception cref="EtcdException">It is not well formed, or the caller may not.</exception>
    public ValueTask RequireAllowedAsync(DeleteRangeRequest request, Caller caller)
    {
        RequestValidator.Check(request);
        return _access.IsNeeded ? _access.CheckAsync(new InternalRaftRequest { DeleteRange = request }, caller) : default;
    }

    /// <summary>As the other, for a put.</summary>
    /// <exception cref="EtcdException">It is not well formed, or the caller may not.</exception>
    public ValueTask RequireAllowedAsync(PutRequest request, Caller caller)
    {
        RequestValidator.Check(request);
        return _access.IsNeeded ? _access.CheckAsync(new InternalRaftRequest { Put = request }, caller) : default;
    }

    /// <summary>Deletes keys.</summary>
    public async ValueTask<DeleteRangeResponse> DeleteRangeAsync(DeleteRangeRequest request, Caller caller = default)
    {
        RequestValidator.Check(request);
        var proposal = new InternalRaftRequest { DeleteRange = request };
        var reply = (DeleteRangeResponse)await _access.ProposeAsync(proposal, caller).ConfigureAwait(false);
        _headers.Complete(reply.Header);
        return reply;
    }

    /// <summary>As the other, for nobody in particular.</summary>
    public ValueTask<TxnResponse> TxnAsync(TxnRequest request, CancellationToken cancellationToken) =>
        TxnAsync(request, Caller.Anonymous, cancellationToken);

    /// <summary>Runs a transaction. One that only reads goes the way of reads.</summary>
    public async ValueTask<TxnResponse> TxnAsync(TxnRequest request, Caller caller, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        RequestValidator.Check(request, _txnOperationsMax);
        TxnResponse reply;
        if (TxnKind.IsReadOnly(request))
        {
            reply = TxnKind.IsSerializable(request)
                ? Read(request, caller)
                : await LinearizableTxnAsync(request, caller, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            var proposal = new InternalRaftRequest { Txn = request };
            await _access.CheckAsync(proposal, caller).ConfigureAwait(false);
            await _space.CheckAsync(proposal).ConfigureAwait(false);
            reply = (TxnResponse)await ProposeAsync(proposal, caller).ConfigureAwait(false);
        }

        _headers.Complete(reply.Header);
        return reply;
    }

    // On its own, so that a transaction that writes does not pay for the captured request.
    private ValueTask<TxnResponse> LinearizableTxnAsync(TxnRequest request, Caller caller, CancellationToken cancellationToken) =>
        _gate.ReadAsync(() => Read(request, caller), cancellationToken);

    /// <summary>As the other, for nobody in particular.</summary>
    public ValueTask<CompactionResponse> CompactAsync(CompactionRequest request, CancellationToken cancellationToken) =>
        CompactAsync(request, Caller.Anonymous, cancellationToken);

    /// <summary>Forgets history up to a revision.</summary>
    public async ValueTask<CompactionResponse> CompactAsync(CompactionRequest request, Caller caller, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var reply = (CompactionResponse)await _access
            .ProposeAsync(new InternalRaftRequest { Compaction = request }, caller)
            .ConfigureAwait(false);
        if (request.Physical)
        {
            await _store.Compactions.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        _headers.Complete(reply.Header);
        return reply;
    }

    private ValueTask<object> ProposeAsync(InternalRaftRequest request, Caller caller) =>
        _quotas.IsOn ? _quotas.ProposeAsync(request, caller, _proposals) : _proposals.ProposeAsync(request, caller);

    private RangeReply Read(RangeRequest request, Caller caller)
    {
        AuthView rules = _access.View;
        RequestRules.Check(rules, caller, request);
        using Activity? span = ServerActivities.Source.StartActivity("mvcc.range");
        long started = _slow.Start();
        RangeReply reply = _store.Range(request);
        _slow.CheckRead(started, request, reply.KeyValueCount);
        if (!rules.IsEnabled || _access.View.Revision == rules.Revision)
        {
            return reply;
        }

        // A permission may have been taken away between check and read.
        reply.Dispose();
        throw new EtcdException(EtcdErrorCode.AuthOldRevision);
    }

    private TxnResponse Read(TxnRequest request, Caller caller)
    {
        AuthView rules = _access.View;
        if (rules.IsEnabled)
        {
            rules.RequireUser(caller);
            _access.Rules.Check(rules, caller, request);
        }

        long started = _slow.Start();
        TxnResponse reply = _store.ReadOnlyTxn(request);
        _slow.CheckRead(started, request, reply);
        _access.RefuseIfChanged(rules);
        return reply;
    }
}
