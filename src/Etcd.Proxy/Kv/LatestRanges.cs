using Etcd.Proxy.Keys;

using Google.Protobuf;

namespace Etcd.Proxy.Kv;

/// <summary>The remembered replies about the latest revision by the keys they speak of, so that a write finds what it has changed without a look at
/// all of them. Most are about one key.</summary>
internal sealed class LatestRanges
{
    private readonly Dictionary<ByteString, HashSet<LinkedListNode<CachedRange>>> _ofOneKey = [];
    private readonly HashSet<LinkedListNode<CachedRange>> _ofMany = [];

    internal void Add(LinkedListNode<CachedRange> node)
    {
        if (!node.Value.Interval.IsOne)
        {
            _ofMany.Add(node);
            return;
        }

        if (!_ofOneKey.TryGetValue(node.Value.Interval.Start, out HashSet<LinkedListNode<CachedRange>>? nodes))
        {
            _ofOneKey[node.Value.Interval.Start] = nodes = [];
        }

        nodes.Add(node);
    }

    internal void Remove(LinkedListNode<CachedRange> node)
    {
        ByteString key = node.Value.Interval.Start;
        if (!node.Value.Interval.IsOne)
        {
            _ofMany.Remove(node);
        }
        else if (_ofOneKey.TryGetValue(key, out HashSet<LinkedListNode<CachedRange>>? nodes) && nodes.Remove(node) && nodes.Count == 0)
        {
            _ofOneKey.Remove(key);
        }
    }

    /// <summary>Those that speak of a key in an interval, as of now.</summary>
    internal IReadOnlyList<LinkedListNode<CachedRange>> Meeting(KeyInterval interval)
    {
        IEnumerable<LinkedListNode<CachedRange>> single = interval.IsOne
            ? _ofOneKey.GetValueOrDefault(interval.Start) ?? []
            : _ofOneKey.Values.SelectMany(nodes => nodes).Where(node => node.Value.Interval.Meets(interval));
        return [.. single, .. _ofMany.Where(node => node.Value.Interval.Meets(interval))];
    }
}
