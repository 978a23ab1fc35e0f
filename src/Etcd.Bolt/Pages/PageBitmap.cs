using System.Numerics;

namespace Etcd.Bolt.Pages;

/// <summary>A set of page ids, one bit each.</summary>
internal sealed class PageBitmap
{
    /// <summary>Returned when a search finds nothing.</summary>
    internal const ulong None = ulong.MaxValue;

    private const int WordBits = 64;
    private ulong[] _words;

    /// <summary>An empty set with room for ids below <paramref name="pages"/>; it grows as needed.</summary>
    internal PageBitmap(ulong pages)
    {
        _words = new ulong[WordsFor(pages)];
    }

    private PageBitmap(ulong[] words, ulong count)
    {
        _words = words;
        Count = count;
    }

    /// <summary>Number of ids in the set.</summary>
    internal ulong Count { get; private set; }

    internal PageBitmap Clone() => new((ulong[])_words.Clone(), Count);

    internal bool Contains(ulong page)
    {
        ulong word = page / WordBits;
        return word < (ulong)_words.Length && (_words[word] & Bit(page)) != 0;
    }

    /// <summary>Adds one id.</summary>
    /// <returns><see langword="false"/> when it was there.</returns>
    internal bool TryAdd(ulong page)
    {
        EnsureRoom(page + 1);
        ref ulong word = ref _words[page / WordBits];
        if ((word & Bit(page)) != 0)
        {
            return false;
        }

        word |= Bit(page);
        Count++;
        return true;
    }

    /// <summary>Adds a run none of whose pages may be in the set.</summary>
    internal void Add(PageRun run)
    {
        for (ulong page = run.Start; page < run.Start + (ulong)run.Count; page++)
        {
            Invariant.Holds(TryAdd(page));
        }
    }

    /// <summary>Removes a run all of whose pages must be in the set.</summary>
    internal void Remove(PageRun run)
    {
        for (ulong page = run.Start; page < run.Start + (ulong)run.Count; page++)
        {
            Invariant.Holds(Contains(page));
            _words[page / WordBits] &= ~Bit(page);
            Count--;
        }
    }

    /// <summary>The lowest run of <paramref name="count"/> neighbours at or after <paramref name="from"/>, or <see cref="None"/>.</summary>
    internal ulong FindRun(int count, ulong from)
    {
        ulong start = NextMember(from);
        while (start != None)
        {
            ulong end = start + 1;
            while (end - start < (ulong)count && Contains(end))
            {
                end++;
            }

            if (end - start == (ulong)count)
            {
                return start;
            }

            start = NextMember(end);
        }

        return None;
    }

    /// <summary>The lowest id at or after <paramref name="from"/>, or <see cref="None"/>.</summary>
    internal ulong NextMember(ulong from)
    {
        ulong index = from / WordBits;
        if (index >= (ulong)_words.Length)
        {
            return None;
        }

        ulong word = _words[index] & (ulong.MaxValue << (int)(from % WordBits));
        while (word == 0)
        {
            index++;
            if (index == (ulong)_words.Length)
            {
                return None;
            }

            word = _words[index];
        }

        return (index * WordBits) + (ulong)BitOperations.TrailingZeroCount(word);
    }

    /// <summary>The highest id below <paramref name="end"/>, or <see cref="None"/>.</summary>
    internal ulong LastMemberBelow(ulong end)
    {
        ulong bits = Math.Min(end, (ulong)_words.Length * WordBits);
        if (bits == 0)
        {
            return None;
        }

        ulong index = (bits - 1) / WordBits;
        ulong word = _words[index] & (ulong.MaxValue >> (int)(WordBits - 1 - ((bits - 1) % WordBits)));
        while (word == 0)
        {
            if (index == 0)
            {
                return None;
            }

            word = _words[--index];
        }

        return (index * WordBits) + (WordBits - 1 - (ulong)BitOperations.LeadingZeroCount(word));
    }

    /// <summary>Where the unbroken run of ids that ends right before <paramref name="end"/> begins; <paramref name="end"/> itself when
    /// the id before it is not in the set.</summary>
    internal ulong StartOfRunBefore(ulong end)
    {
        ulong start = end;
        while (start > 0 && Contains(start - 1))
        {
            start--;
        }

        return start;
    }

    /// <summary>Removes all ids from <paramref name="start"/> on.</summary>
    internal void RemoveFrom(ulong start)
    {
        for (ulong page = NextMember(start); page != None; page = NextMember(page + 1))
        {
            _words[page / WordBits] &= ~Bit(page);
            Count--;
        }
    }

    /// <summary>Removes one id, if it is there.</summary>
    internal void Discard(ulong page)
    {
        if (Contains(page))
        {
            _words[page / WordBits] &= ~Bit(page);
            Count--;
        }
    }

    /// <summary>The ids from <paramref name="from"/> up to, without, <paramref name="end"/> that are not in the set.</summary>
    internal PageBitmap Complement(ulong from, ulong end)
    {
        var result = new PageBitmap(end);
        for (ulong page = from; page < end; page++)
        {
            if (!Contains(page))
            {
                result.TryAdd(page);
            }
        }

        return result;
    }

    private static ulong Bit(ulong page) => 1UL << (int)(page % WordBits);

    private static int WordsFor(ulong pages) => checked((int)((pages + WordBits - 1) / WordBits));

    private void EnsureRoom(ulong pages)
    {
        int needed = WordsFor(pages);
        if (needed > _words.Length)
        {
            Array.Resize(ref _words, Math.Max(needed, _words.Length * 2));
        }
    }
}
