using System.Buffers;

namespace Etcd.Mvcc;

/// <summary>A growing list of revisions in a rented array. A struct: pass it by reference, dispose it once.</summary>
internal struct RevisionList : IDisposable
{
    private const int FirstCapacity = 128;
    private Revision[]? _items;

    /// <summary>How many revisions are in the list.</summary>
    public int Count { get; private set; }

    /// <summary>The revisions; valid until the list changes.</summary>
    public readonly ReadOnlySpan<Revision> Items => _items.AsSpan(0, Count);

    /// <summary>The revisions, to be reordered in place; valid until the list changes.</summary>
    public readonly Span<Revision> MutableItems => _items.AsSpan(0, Count);

    /// <summary>Appends a revision.</summary>
    public void Add(Revision revision)
    {
        if (_items is null || Count == _items.Length)
        {
            Grow();
        }

        _items![Count++] = revision;
    }

    /// <summary>Cuts the list to its first <paramref name="count"/> revisions.</summary>
    public void Truncate(int count) => Count = Math.Min(Count, count);

    /// <summary>Returns the array.</summary>
    public void Dispose()
    {
        if (_items is not null)
        {
            ArrayPool<Revision>.Shared.Return(_items);
            _items = null;
            Count = 0;
        }
    }

    private void Grow()
    {
        Revision[] larger = ArrayPool<Revision>.Shared.Rent(Math.Max(FirstCapacity, Count * 2));
        if (_items is not null)
        {
            _items.AsSpan(0, Count).CopyTo(larger);
            ArrayPool<Revision>.Shared.Return(_items);
        }

        _items = larger;
    }
}
