using System.Buffers;

namespace Etcd.Mvcc;

/// <summary>For each revision that a reader of keys collects: its record without a value, encoded from what the index knows.</summary>
/// <remarks>
/// The index knows create revision and version of a key's newest change only, and of a lease only that there is one. Entries of other
/// changes, and of keys on leases, are empty: their records have to be read. Rents its memory; dispose it once.
/// </remarks>
internal sealed class CollectedKeys : IDisposable
{
    private const int FirstBytes = 4096;
    private const int FirstCapacity = 128;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(FirstBytes);
    private int[] _ends = ArrayPool<int>.Shared.Rent(FirstCapacity);
    private int _count;

    /// <summary>The encoded record of a revision without its value; empty when the index cannot tell it.</summary>
    /// <param name="at">Position of the revision among those collected, from 0.</param>
    public ReadOnlySpan<byte> this[int at] => _bytes.AsSpan(StartOf(at), _ends[at] - StartOf(at));

    /// <summary>Adds a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="slot">Its history.</param>
    /// <param name="atMain">Main revision that is read at.</param>
    public void Add(ReadOnlySpan<byte> key, in IndexSlot slot, long atMain)
    {
        int end = StartOf(_count);

        // Copies: the writer may be changing the slot, and the caller finds out afterwards.
        long main = slot.Main;
        if (main <= atMain && !slot.HasLease)
        {
            int sizeMax = KeyValueRecord.KeyOnlySizeMax(key.Length);
            if (_bytes.Length - end < sizeMax)
            {
                Grow(ref _bytes, end, end + sizeMax);
            }

            end += KeyValueRecord.WriteKeyOnly(_bytes.AsSpan(end), key, slot.CreateRevision, main, slot.Version);
        }

        if (_count == _ends.Length)
        {
            Grow(ref _ends, _count, _count + 1);
        }

        _ends[_count++] = end;
    }

    /// <summary>Cuts the list to its first <paramref name="count"/> entries.</summary>
    public void Truncate(int count) => _count = Math.Min(_count, count);

    /// <inheritdoc/>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        ArrayPool<int>.Shared.Return(_ends);
        (_bytes, _ends, _count) = ([], [], 0);
    }

    private static void Grow<T>(ref T[] items, int used, int needed)
    {
        T[] larger = ArrayPool<T>.Shared.Rent(Math.Max(items.Length * 2, needed));
        items.AsSpan(0, used).CopyTo(larger);
        ArrayPool<T>.Shared.Return(items);
        items = larger;
    }

    private int StartOf(int at) => at == 0 ? 0 : _ends[at - 1];
}
