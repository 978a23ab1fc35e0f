namespace Etcd.Simulation.Checkers;

/// <summary>Each watcher has seen each revision of its keys once, in order, with no gap, as far as it was told; and what it saw is what happened.</summary>
internal sealed class WatchChecker(StoreHistory history)
{
    /// <summary>Checks one session.</summary>
    /// <returns>What is wrong, or <see langword="null"/>.</returns>
    public string? FindViolation(WatchSession session)
    {
        if (session.From == 0)
        {
            return null;
        }

        long upTo = session.Progress;
        long last = session.From - 1;
        var delivered = new Dictionary<long, IReadOnlyList<WatchedChange>>();
        foreach ((long revision, IReadOnlyList<WatchedChange> changes) in session.Delivered)
        {
            if (revision <= last)
            {
                return $"{session.Name}: revision {revision} came after {last}";
            }

            last = revision;
            delivered.Add(revision, changes);
        }

        upTo = Math.Max(upTo, last);
        foreach ((long revision, IReadOnlyList<Change> changes) in history.Revisions)
        {
            if (revision < session.From || revision > upTo || session.Compacted.Exists(gap => gap.From <= revision && revision <= gap.To))
            {
                continue;
            }

            List<Change> wanted = [.. changes.Where(change => session.Covers(change.Key))];
            IEnumerable<Change> got = delivered.Remove(revision, out IReadOnlyList<WatchedChange>? seen) ? seen.Select(item => item.Change) : [];
            if (!wanted.SequenceEqual(got))
            {
                return $"{session.Name}: revision {revision} is {string.Join(", ", wanted)}, the watcher got {string.Join(", ", got)}";
            }
        }

        delivered = delivered
            .Where(item => !session.Compacted.Exists(gap => gap.From <= item.Key && item.Key <= gap.To))
            .ToDictionary();
        return delivered.Count > 0
            ? $"{session.Name}: revision {delivered.Keys.First()} was delivered and is not in the history"
            : FindUntruePrevious(session);
    }

    private string? FindUntruePrevious(WatchSession session)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var before = new Dictionary<(long Revision, string Key), string?>();
        foreach ((long revision, IReadOnlyList<Change> changes) in history.Revisions)
        {
            foreach (Change change in changes)
            {
                before[(revision, change.Key)] = values.GetValueOrDefault(change.Key);
                if (change.IsDelete)
                {
                    values.Remove(change.Key);
                }
                else
                {
                    values[change.Key] = change.Value;
                }
            }
        }

        foreach ((long revision, IReadOnlyList<WatchedChange> changes) in session.Delivered)
        {
            foreach (WatchedChange seen in changes)
            {
                // Where the revision before was compacted, the event may come without what was there.
                string? previous = before.GetValueOrDefault((revision, seen.Change.Key));
                bool isNeeded = session.WantsPrevious && revision > seen.CompactionAskedMax;
                if (seen.PreviousValue != previous && (seen.PreviousValue is not null || isNeeded))
                {
                    return $"{session.Name}: before {seen.Change} at {revision} was {previous}, the watcher got {seen.PreviousValue}";
                }
            }
        }

        return null;
    }
}
