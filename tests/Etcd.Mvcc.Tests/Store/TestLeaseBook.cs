namespace Etcd.Mvcc.Tests.Store;

/// <summary>Leases as the store needs them, in memory.</summary>
internal sealed class TestLeaseBook : ILeaseBook
{
    private readonly Dictionary<string, long> _leaseOfKey = [];

    /// <summary>Granted leases.</summary>
    public HashSet<long> Granted { get; } = [];

    /// <summary>Keys of a lease, ascending.</summary>
    public IReadOnlyList<string> KeysOf(long leaseId) =>
        [.. _leaseOfKey.Where(pair => pair.Value == leaseId).Select(pair => pair.Key).Order(StringComparer.Ordinal)];

    /// <summary>Forgets which keys hang on leases.</summary>
    public void DetachAll() => _leaseOfKey.Clear();

    public bool Exists(long leaseId) => Granted.Contains(leaseId);

    public long LeaseOf(ReadOnlySpan<byte> key) => _leaseOfKey.GetValueOrDefault(Text(key));

    public void Attach(long leaseId, ReadOnlyMemory<byte> key) => _leaseOfKey[Text(key.Span)] = leaseId;

    public void Detach(long leaseId, ReadOnlyMemory<byte> key)
    {
        Assert.Equal(leaseId, LeaseOf(key.Span));
        _leaseOfKey.Remove(Text(key.Span));
    }

    private static string Text(ReadOnlySpan<byte> key) => System.Text.Encoding.Latin1.GetString(key);
}
