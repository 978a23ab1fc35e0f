using Etcd.Auth;
using Etcd.Mvcc;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Replication;
using Etcd.Protocol.Rpc;
using Etcd.Server.Consensus;
using Etcd.Server.Pumps;

using Google.Protobuf;

namespace Etcd.Server.Limits.Prefixes;

/// <summary>Quotas of prefixes: how many keys, and how many bytes, may be stored under each.</summary>
/// <remarks>
/// The member that a client asks decides, before it proposes, by what it has applied itself and what its own requests under way may add. Apply decides
/// nothing: quotas are each member's own settings, and members of other kinds know none, so it could not do so alike everywhere. Writes that come through
/// different members at the same moment may therefore go beyond a quota, by no more than what is under way at the others. A request whose time is up before it is
/// decided is under way until it is, see <see cref="UndecidedClaims"/>.
/// </remarks>
public sealed class PrefixQuotas
{
    private const int KeysPerPage = 1000;

    private readonly MvccStore _store;
    private readonly Execution _execution;
    private readonly Action _turnWanted;
    private readonly UndecidedClaims _undecided;
    private readonly Lock _lock = new();
    private PrefixLedger? _next;
    private volatile PrefixLedger? _counting;
    private volatile PrefixLedger? _ledger;
    private volatile bool _isCounted;

    internal PrefixQuotas(MvccStore store, Execution execution, Action turnWanted, TimeProvider time, CancellationToken stopping)
    {
        _undecided = new UndecidedClaims(execution, time, stopping);
        _store = store;
        _execution = execution;
        _turnWanted = turnWanted;
    }

    /// <summary>What is stored under each prefix; of quotas that were just set, once it is counted.</summary>
    public IEnumerable<PrefixUsage> Usage => _ledger?.Accounts.Select(account => account.Usage) ?? [];

    /// <summary>Whether there is any quota.</summary>
    internal bool IsOn => _ledger is not null;

    /// <summary>Sets the quotas in place of those before. They count once what is there has been counted; until then those before do.</summary>
    /// <param name="quotas">The quotas; no two for the same prefix, and none for an empty one.</param>
    /// <returns>Completes when they count, or others have taken their place.</returns>
    /// <remarks>One caller at a time.</remarks>
    public Task SetAsync(IReadOnlyList<PrefixQuota> quotas)
    {
        ArgumentNullException.ThrowIfNull(quotas);
        var next = new PrefixLedger(quotas, new TaskCompletionSource(_execution.Completions));
        Volatile.Write(ref _next, next);
        _turnWanted();
        return next.Counted.Task;
    }

    /// <summary>Takes new quotas up. Apply thread, between two entries.</summary>
    internal void PassBegan()
    {
        if (Volatile.Read(ref _next) is not null && Interlocked.Exchange(ref _next, null) is { } next)
        {
            Begin(next);
        }
        else if (_isCounted && _ledger is { } counted && _counting == counted)
        {
            // Those before have nothing to decide any more.
            _isCounted = false;
            _store.AttachLedger(counted);
        }
    }

    /// <summary>Counts anew: another database was installed. Apply thread.</summary>
    internal void StoreReplaced()
    {
        if (_counting is { } before)
        {
            Begin(before.Anew());
        }
    }

    /// <summary>Replicates a put or a transaction, if it has room.</summary>
    /// <exception cref="EtcdException">Also <see cref="EtcdErrorCode.PrefixQuotaExceeded"/>.</exception>
    internal async ValueTask<object> ProposeAsync(InternalRaftRequest request, Caller caller, Proposals proposals)
    {
        PrefixClaim? claim = _ledger is not { } ledger ? null
            : request.Put is { } put ? PrefixClaim.Of(ledger, BytesNow, put)
            : PrefixClaim.Of(ledger, BytesNow, request.Txn);
        try
        {
            return await proposals.ProposeAsync(request, caller).ConfigureAwait(false);
        }
        catch (EtcdException failure) when (claim is not null && UndecidedClaims.IsUndecided(failure))
        {
            _undecided.Add(claim, proposals);
            claim = null;
            throw;
        }
        finally
        {
            claim?.Release();
        }
    }

    private void Begin(PrefixLedger next)
    {
        lock (_lock)
        {
            if (_counting is { } before && before.Counted != next.Counted)
            {
                before.Counted.TrySetResult();
            }

            if (next.Accounts.Count == 0)
            {
                _store.AttachLedger(null);
                _counting = _ledger = null;
                next.Counted.TrySetResult();
                return;
            }

            _counting = next;
        }

        // Those before decide until the new ones are counted, and must go on to see what is put and deleted.
        _isCounted = false;
        _store.AttachLedger(_ledger is { } deciding ? new PrefixLedgerPair(deciding, next) : next);
        next.FromRevision = _store.CurrentRevision;
        _ = _execution.RunAsync(() => CountAsync(next));
    }

    private Task CountAsync(PrefixLedger ledger)
    {
        try
        {
            foreach (PrefixAccount account in ledger.Accounts)
            {
                Count(account, ledger.FromRevision);
            }

            lock (_lock)
            {
                // Apply may have begun with others meanwhile, which are counted by their own turn.
                if (_counting == ledger)
                {
                    _ledger = ledger;
                    _isCounted = true;
                    ledger.Counted.TrySetResult();
                }
            }
        }
        catch (EtcdException refusal) when (refusal.Code is EtcdErrorCode.Compacted or EtcdErrorCode.FutureRevision)
        {
            // Compacted while it was read, or another database has been installed: from the start, at a later revision.
            if (_counting == ledger && Interlocked.CompareExchange(ref _next, ledger.Anew(), null) is null)
            {
                _turnWanted();
            }
        }
        catch (Exception failure)
        {
            // Whoever has set the quotas is told.
            ledger.Counted.TrySetException(failure);
            throw;
        }

        return Task.CompletedTask;
    }

    private void Count(PrefixAccount account, long revision)
    {
        byte[] from = account.Quota.Prefix.ToArray();
        byte[] end = EndOf(account.Quota.Prefix.Span);
        while (true)
        {
            using RangeReply page = _store.Look(new RangeRequest
            {
                Key = ByteString.CopyFrom(from),
                RangeEnd = ByteString.CopyFrom(end),
                Limit = KeysPerPage,
                Revision = revision,
            });
            account.Add(page.KeyValueCount, page.KeyAndValueBytes());
            if (!page.More)
            {
                return;
            }

            from = [.. page.KeyOf(page.KeyValueCount - 1), 0];
        }
    }

    private long BytesNow(PutRequest put)
    {
        using RangeReply found = _store.Look(new RangeRequest { Key = put.Key });
        return found.KeyAndValueBytes();
    }

    // The first key behind all that begin with the prefix; one zero byte, which is no end, if there is none.
    private static byte[] EndOf(ReadOnlySpan<byte> prefix)
    {
        int last = prefix.LastIndexOfAnyExcept((byte)0xff);
        if (last < 0)
        {
            return [0];
        }

        byte[] end = prefix[..(last + 1)].ToArray();
        end[last]++;
        return end;
    }
}
