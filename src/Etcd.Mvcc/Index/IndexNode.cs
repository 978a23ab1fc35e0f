namespace Etcd.Mvcc;

/// <summary>A node of the key index, with the counts that let a range be counted without visiting its keys.</summary>
internal abstract class IndexNode
{
    private long _newestMain;
    private long _liveCount;

    /// <summary>Makes a node with its counts.</summary>
    /// <param name="newestMain">At least the main revision of the newest change below this node.</param>
    /// <param name="liveCount">Keys below this node whose newest change is not a tombstone.</param>
    protected IndexNode(long newestMain, long liveCount)
    {
        _newestMain = newestMain;
        _liveCount = liveCount;
    }

    /// <summary>At least the main revision of the newest change below this node.</summary>
    public long NewestMain => Volatile.Read(ref _newestMain);

    /// <summary>Keys below this node whose newest change is not a tombstone.</summary>
    public long LiveCount => Volatile.Read(ref _liveCount);

    /// <summary>Counts the keys that exist at a main revision, if nothing below this node has changed since.</summary>
    /// <remarks>
    /// The writer raises the newest revision before it changes the count, and the reader reads the count first. So a count
    /// that holds a change after <paramref name="atMain"/> is always given away by the newest revision read after it.
    /// </remarks>
    public bool TryCountAt(long atMain, out long liveCount)
    {
        liveCount = Volatile.Read(ref _liveCount);
        return Volatile.Read(ref _newestMain) <= atMain;
    }

    /// <summary>Writer: announces a change below this node, before it is made.</summary>
    public void AnnounceChange(long main)
    {
        if (main > _newestMain)
        {
            Volatile.Write(ref _newestMain, main);
            Volatile.WriteBarrier();
        }
    }

    /// <summary>Writer: counts a key that came to life (1) or died (-1).</summary>
    public void AddLive(int change) => Volatile.Write(ref _liveCount, _liveCount + change);
}
