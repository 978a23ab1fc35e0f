namespace Etcd.Raft;

/// <summary>A run of log entries in fixed-size arrays: appending copies nothing, dropping the front frees whole arrays.</summary>
/// <remarks>A slot is written once. Slices of it stay true for as long as someone holds them, on any thread; cutting off
/// the tail therefore copies the array it cuts through instead of writing over it.</remarks>
internal sealed class EntrySegments
{
    // 1024 slots of 48 bytes stay below the large object heap's threshold of 85,000 bytes.
    private const int SlotBits = 10;
    private const int SegmentSlots = 1 << SlotBits;
    private const int SlotMask = SegmentSlots - 1;

    private readonly List<Entry[]> _segments = [];

    // Slots before _head are empty; _head < SegmentSlots. _end counts from slot 0 of the first segment.
    private int _head;
    private int _end;

    /// <summary>Number of entries.</summary>
    public int Count => _end - _head;

    /// <summary>The entry at <paramref name="position"/>, counted from 0 at the front.</summary>
    public ref readonly Entry this[int position] => ref Slot(_head + position);

    /// <summary>Adds entries at the end.</summary>
    public void Append(ReadOnlySpan<Entry> entries)
    {
        while (!entries.IsEmpty)
        {
            int used = _end & SlotMask;
            if (used == 0 && _end >> SlotBits == _segments.Count)
            {
                _segments.Add(new Entry[SegmentSlots]);
            }

            int count = Math.Min(entries.Length, SegmentSlots - used);
            entries[..count].CopyTo(_segments[_end >> SlotBits].AsSpan(used));
            _end += count;
            entries = entries[count..];
        }
    }

    /// <summary>Entries from <paramref name="position"/> on, a view where they lie in one array and a copy otherwise.</summary>
    public ReadOnlyMemory<Entry> Slice(int position, int count, ulong bytesMax)
    {
        int start = _head + position;
        int inFirst = Math.Min(count, SegmentSlots - (start & SlotMask));
        ReadOnlyMemory<Entry> first = _segments[start >> SlotBits].AsMemory(start & SlotMask, inFirst);
        int fitting = EntrySize.CountWithin(first.Span, bytesMax);
        if (fitting < inFirst || inFirst == count)
        {
            return first[..fitting];
        }

        int total = CountWithin(start, inFirst, count, bytesMax);
        if (total == inFirst)
        {
            return first;
        }

        var copy = new Entry[total];
        for (int copied = 0; copied < total;)
        {
            int from = start + copied;
            int part = Math.Min(total - copied, SegmentSlots - (from & SlotMask));
            _segments[from >> SlotBits].AsSpan(from & SlotMask, part).CopyTo(copy.AsSpan(copied));
            copied += part;
        }

        return copy;
    }

    /// <summary>Drops all but the first <paramref name="count"/> entries.</summary>
    public void KeepFirst(int count)
    {
        if (count == Count)
        {
            return;
        }

        _end = _head + count;
        int inLast = _end & SlotMask;
        int whole = _end >> SlotBits;
        if (inLast != 0)
        {
            var copy = new Entry[SegmentSlots];
            _segments[whole].AsSpan(0, inLast).CopyTo(copy);
            _segments[whole] = copy;
            whole++;
        }

        _segments.RemoveRange(whole, _segments.Count - whole);
    }

    /// <summary>Drops the first <paramref name="count"/> entries and lets go of what they refer to.</summary>
    public void DropFirst(int count)
    {
        _head += count;
        int dead = _head >> SlotBits;
        _segments.RemoveRange(0, Math.Min(dead, _segments.Count));
        _head -= dead << SlotBits;
        _end -= dead << SlotBits;
        if (_head == 0 || _segments.Count == 0)
        {
            return;
        }

        // The dropped slots of the first array must not keep their payloads alive, and others may still be reading them.
        var copy = new Entry[SegmentSlots];
        int end = Math.Min(_end, SegmentSlots);
        _segments[0].AsSpan(_head, end - _head).CopyTo(copy.AsSpan(_head));
        _segments[0] = copy;
    }

    /// <summary>Clears one entry's attachment: the one field of a slot that is ever changed, and that only its applier reads.</summary>
    public void ReleaseAttachment(int position)
    {
        int slot = _head + position;
        ref Entry entry = ref _segments[slot >> SlotBits][slot & SlotMask];
        if (entry.Attachment is not null)
        {
            entry = entry with { Attachment = null };
        }
    }

    /// <summary>Drops everything.</summary>
    public void Clear()
    {
        _segments.Clear();
        _head = 0;
        _end = 0;
    }

    private ref readonly Entry Slot(int slot) => ref _segments[slot >> SlotBits][slot & SlotMask];

    private int CountWithin(int start, int counted, int count, ulong bytesMax)
    {
        if (bytesMax == ulong.MaxValue)
        {
            return count;
        }

        ulong bytes = 0;
        for (int i = 0; i < count; i++)
        {
            bytes += EntrySize.Encoded(in Slot(start + i));
            if (i >= counted && bytes > bytesMax)
            {
                return i;
            }
        }

        return count;
    }
}
