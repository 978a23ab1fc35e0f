using Etcd.V2.Events;

namespace Etcd.V2.Watching;

/// <summary>The newest events, so that a watcher may ask for what has just been. A ring: slot <see cref="Front"/> is the oldest,
/// <see cref="Back"/> the next to be written.</summary>
internal sealed class EventHistory
{
    /// <summary>Events kept, as in etcd.</summary>
    internal const int Capacity = 1000;

    private readonly V2Event?[] _slots;

    internal EventHistory()
        : this(new V2Event?[Capacity], 0, 0, 0, 0, 0)
    {
    }

    internal EventHistory(V2Event?[] slots, int size, int front, int back, ulong startIndex, ulong lastIndex)
    {
        _slots = slots;
        Size = size;
        Front = front;
        Back = back;
        StartIndex = startIndex;
        LastIndex = lastIndex;
    }

    internal int Size { get; private set; }

    internal int Front { get; private set; }

    internal int Back { get; private set; }

    /// <summary>Index of the oldest event kept; 0 while there was none.</summary>
    internal ulong StartIndex { get; private set; }

    /// <summary>Index of the newest event; 0 while there was none.</summary>
    internal ulong LastIndex { get; private set; }

    internal ReadOnlySpan<V2Event?> Slots => _slots;

    internal EventHistory Copy() => new([.. _slots], Size, Front, Back, StartIndex, LastIndex);

    internal void Add(V2Event happened)
    {
        _slots[Back] = happened;
        Back = (Back + 1) % Capacity;
        if (Size == Capacity)
        {
            Front = (Front + 1) % Capacity;
        }
        else
        {
            Size++;
        }

        LastIndex = happened.Index;
        StartIndex = _slots[Front]!.Index;
    }

    /// <summary>The events from an index on that a watcher of a path hears of, oldest first.</summary>
    /// <param name="path">What is watched.</param>
    /// <param name="recursive">Whether what is below it, too.</param>
    /// <param name="sinceIndex">First index; not below <see cref="StartIndex"/>.</param>
    internal IEnumerable<V2Event> Matching(string path, bool recursive, ulong sinceIndex)
    {
        string below = path.Length == 1 ? path : path + "/";
        for (int i = 0; i < Size; i++)
        {
            V2Event happened = _slots[(Front + i) % Capacity]!;
            if (happened.Index >= sinceIndex && !happened.IsRefresh && Matches(happened, path, below, recursive))
            {
                yield return happened;
            }
        }
    }

    private static bool Matches(V2Event happened, string path, string below, bool recursive)
    {
        string key = happened.Node.Key;
        if (key == path || (recursive && key.StartsWith(below, StringComparison.Ordinal)))
        {
            return true;
        }

        // A directory that goes takes everything below with it.
        return happened.Action is V2Action.Delete or V2Action.Expire
            && happened.PrevNode is { IsDirectory: true } gone
            && path.StartsWith(gone.Key + "/", StringComparison.Ordinal);
    }
}
