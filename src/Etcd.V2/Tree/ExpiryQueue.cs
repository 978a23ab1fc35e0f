namespace Etcd.V2.Tree;

/// <summary>Nodes that go by themselves, the next one first. Nodes of the same instant go in the order of their paths, on every member.</summary>
internal sealed class ExpiryQueue
{
    private readonly SortedSet<(long At, string Path)> _entries = new(Comparer<(long At, string Path)>.Create(static (left, right) =>
        left.At != right.At ? left.At.CompareTo(right.At) : string.CompareOrdinal(left.Path, right.Path)));

    private volatile int _count;

    /// <summary>How many; any thread.</summary>
    internal int Count => _count;

    internal void Add(V2Node node)
    {
        if (!node.IsPermanent)
        {
            _entries.Add((node.ExpiresAtNanoseconds, node.Path));
            _count = _entries.Count;
        }
    }

    internal void Remove(V2Node node)
    {
        if (!node.IsPermanent)
        {
            _entries.Remove((node.ExpiresAtNanoseconds, node.Path));
            _count = _entries.Count;
        }
    }

    internal void Clear()
    {
        _entries.Clear();
        _count = 0;
    }

    /// <summary>Path of the node that goes first, if it is due.</summary>
    internal string? NextDue(long cutOffNanoseconds) =>
        _entries.Count > 0 && _entries.Min is var first && first.At <= cutOffNanoseconds ? first.Path : null;
}
