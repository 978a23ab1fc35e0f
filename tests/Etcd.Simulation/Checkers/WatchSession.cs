namespace Etcd.Simulation.Checkers;

/// <summary>Everything one watcher was told, over all members it was connected to.</summary>
internal sealed class WatchSession(string name, string firstKey, string endKey)
{
    /// <summary>Name for messages.</summary>
    public string Name => name;

    /// <summary>Whether the watcher has asked for what was before each change.</summary>
    public bool WantsPrevious { get; init; }

    /// <summary>First revision it is entitled to see; 0 until the first member has said where it begins.</summary>
    public long From { get; set; }

    /// <summary>Everything below this was delivered, or was compacted before it could be.</summary>
    public long Next { get; set; }

    /// <summary>Highest revision that a progress notice has named.</summary>
    public long Progress { get; set; }

    /// <summary>Revisions delivered with their changes, in the order of delivery.</summary>
    public List<(long Revision, IReadOnlyList<WatchedChange> Changes)> Delivered { get; } = [];

    /// <summary>Stretches that the members said were compacted away, of compactions that somebody had asked for: first and last revision.</summary>
    public List<(long From, long To)> Compacted { get; } = [];

    /// <summary>Whether a key is among those watched.</summary>
    public bool Covers(string key) =>
        string.CompareOrdinal(key, firstKey) >= 0 && string.CompareOrdinal(key, endKey) < 0;
}

/// <summary>One event as a watcher got it.</summary>
/// <param name="Change">The change.</param>
/// <param name="PreviousValue">Value before it, when the event carried it.</param>
/// <param name="CompactionAskedMax">Highest revision at which anybody had asked for a compaction when the event came.</param>
internal sealed record WatchedChange(Change Change, string? PreviousValue, long CompactionAskedMax);
