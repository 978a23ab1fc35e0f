namespace Etcd.Bolt.Pages;

/// <summary>The newest version and the older ones that readers still hold.</summary>
internal sealed class VersionChain : IDisposable
{
    private readonly Lock _gate = new();

    // Ascending; the newest is last.
    private readonly List<DatabaseVersion> _held = [];
    private volatile DatabaseVersion _newest;
    private ulong _oldestEnded = ulong.MaxValue;
    private bool _isDisposed;

    internal VersionChain(DatabaseVersion first)
    {
        _newest = first;
        _held.Add(first);
    }

    internal DatabaseVersion Newest => _newest;

    /// <summary>Holds the newest version for a reader. Any thread; takes no lock.</summary>
    internal DatabaseVersion HoldNewest()
    {
        while (true)
        {
            DatabaseVersion newest = _newest;
            if (newest.TryHold())
            {
                return newest;
            }

            // The version ended between the two lines above: a newer one is there, or the database is closed.
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed), typeof(BoltDatabase));
        }
    }

    /// <summary>Ends a hold. Any thread.</summary>
    internal void LetGo(DatabaseVersion version)
    {
        if (version.LetGo())
        {
            lock (_gate)
            {
                _held.Remove(version);
                _oldestEnded = Math.Min(_oldestEnded, version.Id);
            }

            version.Mapping.LetGo();
        }
    }

    /// <summary>Makes a committed version the newest.</summary>
    internal void Publish(DatabaseVersion version)
    {
        DatabaseVersion previous = _newest;
        lock (_gate)
        {
            _held.Add(version);
            _newest = version;
        }

        LetGo(previous);
    }

    /// <summary>Versions older than the newest that readers hold, ascending, and the oldest that ended since the last call
    /// (<see cref="ulong.MaxValue"/> for none).</summary>
    internal IReadOnlyList<ulong> OlderReaders(out ulong oldestEnded)
    {
        lock (_gate)
        {
            oldestEnded = _oldestEnded;
            _oldestEnded = ulong.MaxValue;
            return ReadersBelowNewest();
        }
    }

    /// <summary>Whether any reader is open, of the newest version or an older one, besides the writer that asks.</summary>
    internal bool HasReaders()
    {
        const int databaseAndWriter = 2;
        lock (_gate)
        {
            return _held.Count > 1 || _newest.Holders > databaseAndWriter;
        }
    }

    /// <summary>Highest high-water mark of all versions that anybody can still read: the newest, and those that are held.</summary>
    internal ulong HighestHighWater()
    {
        lock (_gate)
        {
            ulong highest = 0;
            foreach (DatabaseVersion version in _held)
            {
                highest = Math.Max(highest, version.Meta.HighWater);
            }

            return highest;
        }
    }

    /// <summary>Drops the database's own hold. Readers that are open keep what they hold.</summary>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            Volatile.Write(ref _isDisposed, true);
            LetGo(_newest);
        }
    }

    private List<ulong> ReadersBelowNewest()
    {
        List<ulong> readers = [];
        foreach (DatabaseVersion version in _held)
        {
            if (version != _newest && version.Holders > 0)
            {
                readers.Add(version.Id);
            }
        }

        return readers;
    }
}
