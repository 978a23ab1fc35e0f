using Etcd.Proxy.Keys;

using Google.Protobuf;

namespace Etcd.Proxy.Leasing;

/// <summary>A write on its way, and the owned keys that it may change.</summary>
internal sealed class OwnedKeyWrite : IDisposable
{
    private readonly OwnedKeys _keys;
    private readonly IReadOnlyList<KeyInterval> _written;
    private readonly Dictionary<ByteString, OwnedKey> _marked = [];

    internal OwnedKeyWrite(OwnedKeys keys, IReadOnlyList<KeyInterval> written)
    {
        _keys = keys;
        _written = written;
        Mark();
    }

    /// <summary>Adds the keys that have become the proxy's since.</summary>
    internal void Mark() => _keys.Mark(_written, _marked);

    /// <summary>The revision that made a key the proxy's; 0 for one that is not.</summary>
    internal long SinceOf(ByteString key) => _marked.TryGetValue(key, out OwnedKey? owned) ? owned.Since : 0;

    /// <summary>Whether a key of a range is the proxy's.</summary>
    internal bool OwnsIn(KeyInterval range) => _marked.Keys.Any(key => range.Meets(new KeyInterval(key, ByteString.Empty)));

    /// <summary>The outcome is not known: takes out the keys.</summary>
    /// <returns>The keys, and the revisions that had made them the proxy's.</returns>
    internal IReadOnlyList<(ByteString Key, long Since)> Take() => _keys.Take(_marked);

    public void Dispose() => _keys.Unmark(_marked);
}
