using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;

using Google.Protobuf.Collections;

namespace Etcd.Server.Limits.Prefixes;

/// <summary>What one request may add under prefixes with quotas.</summary>
/// <remarks>A put adds the difference to what the key has now. Of a transaction's two branches the larger one counts for each prefix; what it deletes
/// is not set off, since whether it does is known only when it is applied.</remarks>
internal sealed class PrefixClaim
{
    private readonly PrefixLedger _ledger;
    private readonly Func<PutRequest, long> _bytesNow;
    private Dictionary<PrefixAccount, (long Keys, long Bytes)> _wanted = [];

    private PrefixClaim(PrefixLedger ledger, Func<PutRequest, long> bytesNow)
    {
        _ledger = ledger;
        _bytesNow = bytesNow;
    }

    /// <summary>Claims what a put needs.</summary>
    /// <param name="ledger">The accounts.</param>
    /// <param name="bytesNow">Bytes of the key and its value as they are; 0 where there is no such key.</param>
    /// <param name="put">The put.</param>
    /// <exception cref="EtcdException">A quota has no room.</exception>
    internal static PrefixClaim Of(PrefixLedger ledger, Func<PutRequest, long> bytesNow, PutRequest put)
    {
        var claim = new PrefixClaim(ledger, bytesNow);
        claim.Want(put, claim._wanted);
        claim.Take();
        return claim;
    }

    /// <summary>Claims what a transaction needs.</summary>
    /// <exception cref="EtcdException">A quota has no room.</exception>
    internal static PrefixClaim Of(PrefixLedger ledger, Func<PutRequest, long> bytesNow, TxnRequest txn)
    {
        var claim = new PrefixClaim(ledger, bytesNow);
        claim._wanted = claim.Want(txn);
        claim.Take();
        return claim;
    }

    /// <summary>Gives the claim back: what the request came to is counted.</summary>
    internal void Release()
    {
        foreach ((PrefixAccount account, (long keys, long bytes)) in _wanted)
        {
            account.Release(keys, bytes);
        }
    }

    private void Take()
    {
        var taken = new List<PrefixAccount>(_wanted.Count);
        foreach ((PrefixAccount account, (long keys, long bytes)) in _wanted)
        {
            if (account.TryClaim(keys, bytes) is { } refusal)
            {
                foreach (PrefixAccount earlier in taken)
                {
                    earlier.Release(_wanted[earlier].Keys, _wanted[earlier].Bytes);
                }

                throw refusal;
            }

            taken.Add(account);
        }
    }

    private Dictionary<PrefixAccount, (long Keys, long Bytes)> Want(TxnRequest txn)
    {
        Dictionary<PrefixAccount, (long Keys, long Bytes)> larger = Want(txn.Success);
        foreach ((PrefixAccount account, (long keys, long bytes)) in Want(txn.Failure))
        {
            larger[account] = larger.TryGetValue(account, out (long Keys, long Bytes) other)
                ? (Math.Max(keys, other.Keys), Math.Max(bytes, other.Bytes))
                : (Math.Max(keys, 0), Math.Max(bytes, 0));
        }

        return larger;
    }

    private Dictionary<PrefixAccount, (long Keys, long Bytes)> Want(RepeatedField<RequestOp> operations)
    {
        var wanted = new Dictionary<PrefixAccount, (long Keys, long Bytes)>();
        foreach (RequestOp operation in operations)
        {
            if (operation.RequestCase == RequestOp.RequestOneofCase.RequestPut)
            {
                Want(operation.RequestPut, wanted);
            }
            else if (operation.RequestCase == RequestOp.RequestOneofCase.RequestTxn)
            {
                foreach ((PrefixAccount account, (long keys, long bytes)) in Want(operation.RequestTxn))
                {
                    Add(wanted, account, keys, bytes);
                }
            }
        }

        return wanted;
    }

    private void Want(PutRequest put, Dictionary<PrefixAccount, (long Keys, long Bytes)> wanted)
    {
        PrefixAccount? account = _ledger.Innermost(put.Key.Span);
        if (account is null || put.IgnoreValue)
        {
            return;
        }

        long before = _bytesNow(put);
        long after = put.Key.Length + put.Value.Length;
        for (; account is not null; account = account.Outer)
        {
            Add(wanted, account, before > 0 ? 0 : 1, after - before);
        }
    }

    private static void Add(Dictionary<PrefixAccount, (long Keys, long Bytes)> wanted, PrefixAccount account, long keys, long bytes)
    {
        wanted.TryGetValue(account, out (long Keys, long Bytes) sum);
        wanted[account] = (sum.Keys + keys, sum.Bytes + bytes);
    }
}
