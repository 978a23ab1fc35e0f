namespace Etcd.Grpc.Transport.Http2.Hpack;

/// <summary>The decoder's dynamic table: newest entry first, oldest evicted when the size is reached. Source: RFC 7541, section 2.3.2.</summary>
internal sealed class HpackDynamicTable(int sizeMax)
{
    private HpackEntry[] _ring = new HpackEntry[16];
    private int _newest = -1;
    private int _size;
    private int _sizeMax = sizeMax;

    public int Count { get; private set; }

    /// <summary>Entry by age, 0 being the newest.</summary>
    public HpackEntry Get(int age) => _ring[(_newest - age + _ring.Length) % _ring.Length];

    public void Add(HpackEntry entry)
    {
        Evict(_sizeMax - entry.Size);

        // An entry larger than the table empties it and is not kept.
        if (entry.Size > _sizeMax)
        {
            return;
        }

        if (Count == _ring.Length)
        {
            Grow();
        }

        _newest = (_newest + 1) % _ring.Length;
        _ring[_newest] = entry;
        _size += entry.Size;
        Count++;
    }

    public void Resize(int sizeMax)
    {
        _sizeMax = sizeMax;
        Evict(sizeMax);
    }

    private void Evict(int target)
    {
        while (Count > 0 && _size > target)
        {
            _size -= Get(Count - 1).Size;
            Count--;
        }
    }

    private void Grow()
    {
        var larger = new HpackEntry[_ring.Length * 2];
        for (int i = 0; i < Count; i++)
        {
            larger[i] = Get(Count - 1 - i);
        }

        _ring = larger;
        _newest = Count - 1;
    }
}
