using System.Buffers;

namespace Etcd.Bolt.Tree;

/// <summary>A growing array from the shared pool. Thousands of appends per commit would otherwise leave large arrays to the
/// garbage collector with every commit.</summary>
internal sealed class ItemList<T>
{
    private const int CapacityMin = 16;
    private T[] _items;

    internal ItemList(int capacity)
    {
        _items = ArrayPool<T>.Shared.Rent(Math.Max(capacity, CapacityMin));
    }

    internal int Count { get; private set; }

    internal ReadOnlySpan<T> Span => _items.AsSpan(0, Count);

    internal ref T this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
            return ref _items[index];
        }
    }

    internal void Insert(int index, in T item)
    {
        if (Count == _items.Length)
        {
            Grow(Count + 1);
        }

        if (index < Count)
        {
            Array.Copy(_items, index, _items, index + 1, Count - index);
        }

        _items[index] = item;
        Count++;
    }

    internal void RemoveAt(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count);
        Count--;
        Array.Copy(_items, index + 1, _items, index, Count - index);
        _items[Count] = default!;
    }

    internal void Append(ReadOnlySpan<T> items)
    {
        if (items.Length > _items.Length - Count)
        {
            Grow(Count + items.Length);
        }

        items.CopyTo(_items.AsSpan(Count));
        Count += items.Length;
    }

    /// <summary>Gives the array back; the list is empty then.</summary>
    internal void Release()
    {
        T[] items = _items;
        // The items hold references to keys, values and pages, which must not live on in the pool.
        Array.Clear(items, 0, Count);
        _items = [];
        Count = 0;
        if (items.Length > 0)
        {
            ArrayPool<T>.Shared.Return(items);
        }
    }

    private void Grow(int needed)
    {
        T[] larger = ArrayPool<T>.Shared.Rent(Math.Max(needed, _items.Length * 2));
        _items.AsSpan(0, Count).CopyTo(larger);
        int count = Count;
        Release();
        _items = larger;
        Count = count;
    }
}
