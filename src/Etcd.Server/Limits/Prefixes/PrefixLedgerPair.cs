using Etcd.Mvcc;

namespace Etcd.Server.Limits.Prefixes;

/// <summary>Tells two ledgers of every change: the one that decides, and the one that is being counted to take its place.</summary>
internal sealed class PrefixLedgerPair(PrefixLedger deciding, PrefixLedger counting) : IKeyLedger
{
    /// <inheritdoc />
    public bool Covers(ReadOnlySpan<byte> key) => deciding.Covers(key) || counting.Covers(key);

    /// <inheritdoc />
    public void Changed(ReadOnlySpan<byte> key, long bytesBefore, long bytesAfter)
    {
        deciding.Changed(key, bytesBefore, bytesAfter);
        counting.Changed(key, bytesBefore, bytesAfter);
    }
}
