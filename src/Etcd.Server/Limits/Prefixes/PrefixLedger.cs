using Etcd.Mvcc;

namespace Etcd.Server.Limits.Prefixes;

/// <summary>The accounts of all prefixes with a quota. The store tells it every change from one revision on; what was there before is counted once,
/// beside the writes, and added.</summary>
internal sealed class PrefixLedger : IKeyLedger
{
    private readonly PrefixAccount[] _accounts;

    /// <summary>Creates empty accounts.</summary>
    /// <param name="quotas">The quotas; no two for the same prefix.</param>
    /// <param name="counted">Completed when what was there before is counted.</param>
    internal PrefixLedger(IEnumerable<PrefixQuota> quotas, TaskCompletionSource counted)
    {
        Counted = counted;
        // In byte order a prefix comes right before all that begins with it, so the outer account is among those made already.
        var accounts = new List<PrefixAccount>();
        foreach (PrefixQuota quota in quotas.OrderBy(quota => quota.Prefix.ToArray(), KeyBytesComparer.Instance))
        {
            PrefixAccount? outer = accounts.Count > 0 ? accounts[^1] : null;
            while (outer is not null && !quota.Prefix.Span.StartsWith(outer.Quota.Prefix.Span))
            {
                outer = outer.Outer;
            }

            accounts.Add(new PrefixAccount(quota, outer));
        }

        _accounts = [.. accounts];
    }

    internal IReadOnlyList<PrefixAccount> Accounts => _accounts;

    /// <summary>Revision behind which the store tells every change.</summary>
    internal long FromRevision { get; set; }

    /// <summary>Completes when what was there before is counted.</summary>
    internal TaskCompletionSource Counted { get; }

    /// <summary>Empty accounts for the same quotas and the same who wait: to count anew.</summary>
    internal PrefixLedger Anew() => new(_accounts.Select(account => account.Quota), Counted);

    /// <summary>The account of the longest prefix that a key begins with; its outer ones are for the key, too.</summary>
    internal PrefixAccount? Innermost(ReadOnlySpan<byte> key)
    {
        int low = 0;
        int high = _accounts.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_accounts[middle].Quota.Prefix.Span.SequenceCompareTo(key) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        PrefixAccount? account = low > 0 ? _accounts[low - 1] : null;
        while (account is not null && !key.StartsWith(account.Quota.Prefix.Span))
        {
            account = account.Outer;
        }

        return account;
    }

    /// <inheritdoc />
    public bool Covers(ReadOnlySpan<byte> key) => Innermost(key) is not null;

    /// <inheritdoc />
    public void Changed(ReadOnlySpan<byte> key, long bytesBefore, long bytesAfter)
    {
        long keys = (bytesAfter > 0 ? 1 : 0) - (bytesBefore > 0 ? 1 : 0);
        for (PrefixAccount? account = Innermost(key); account is not null; account = account.Outer)
        {
            account.Add(keys, bytesAfter - bytesBefore);
        }
    }
}
