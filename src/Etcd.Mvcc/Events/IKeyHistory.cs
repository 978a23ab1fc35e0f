namespace Etcd.Mvcc;

/// <summary>Past states of single keys; the store is one. Any thread.</summary>
public interface IKeyHistory
{
    /// <summary>Looks a key up as it was at a revision.</summary>
    /// <param name="key">The key.</param>
    /// <param name="revision">Main revision, at most the current one.</param>
    /// <param name="encodedKeyValue">The stored mvccpb.KeyValue; the caller may keep it.</param>
    /// <returns><see langword="false"/> when the key did not exist then or the revision is compacted.</returns>
    bool TryGetAt(ReadOnlySpan<byte> key, long revision, out ReadOnlyMemory<byte> encodedKeyValue);
}
