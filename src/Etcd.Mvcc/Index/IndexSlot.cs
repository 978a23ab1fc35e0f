namespace Etcd.Mvcc;

/// <summary>History of one key: its newest revision in place, superseded ones in an array that most keys do not have.</summary>
/// <remarks>
/// The writer changes a slot under its leaf's stamp; readers take a copy. Entries of <see cref="Older"/> below
/// <see cref="OlderCount"/> never change, so a copied slot stays readable while the writer appends to the shared array.
/// </remarks>
internal struct IndexSlot
{
    /// <summary>Main revision of the newest change.</summary>
    public long Main;

    /// <summary>Sub revision and kind of the newest change, see <see cref="RevisionMark"/>.</summary>
    public int SubAndKind;

    /// <summary>How many entries of <see cref="Older"/> count.</summary>
    public int OlderCount;

    /// <summary>Main revision that began the present life of the key; without meaning under a tombstone.</summary>
    public long CreateRevision;

    /// <summary>Changes in the present life of the key, from 1; without meaning under a tombstone.</summary>
    public long Version;

    /// <summary>Superseded revisions, ascending; may have room behind <see cref="OlderCount"/>.</summary>
    public RevisionMark[]? Older;

    /// <summary>Whether the newest change is a deletion.</summary>
    public readonly bool IsTombstone => SubAndKind < 0;

    /// <summary>Whether the newest change put the key on a lease. Which one is in its record.</summary>
    public readonly bool HasLease => (SubAndKind & RevisionMark.LeaseBit) != 0;

    /// <summary>The newest change.</summary>
    public readonly RevisionMark Head => new(Main, SubAndKind);

    /// <summary>Finds the change that is in force at a main revision.</summary>
    /// <returns><see langword="false"/> when the key did not exist then.</returns>
    public readonly bool TryGetAt(long atMain, out Revision revision)
    {
        RevisionMark mark = Head;
        if (mark.Main > atMain)
        {
            ReadOnlySpan<RevisionMark> older = OlderUpTo(atMain);
            if (older.IsEmpty)
            {
                revision = default;
                return false;
            }

            mark = older[^1];
        }

        revision = mark.Revision;
        return !mark.IsTombstone;
    }

    /// <summary>Tells whether exactly this change is still part of the history.</summary>
    public readonly bool Contains(Revision revision)
    {
        if (Head.Revision == revision)
        {
            return true;
        }

        ReadOnlySpan<RevisionMark> older = OlderUpTo(revision.Main);
        for (int at = older.Length - 1; at >= 0 && older[at].Main == revision.Main; at--)
        {
            if (older[at].Revision == revision)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Makes a change the newest one.</summary>
    public void Supersede(long main, int subAndKind, long createRevision, long version)
    {
        if (Older is null)
        {
            Older = new RevisionMark[2];
        }
        else if (OlderCount == Older.Length)
        {
            Array.Resize(ref Older, OlderCount + Math.Max(2, OlderCount / 2));
        }

        Older[OlderCount++] = Head;
        Main = main;
        SubAndKind = subAndKind;
        CreateRevision = createRevision;
        Version = version;
    }

    /// <summary>Drops what no read at <paramref name="atMain"/> or later can see.</summary>
    /// <returns><see langword="false"/> when nothing is left and the key leaves the index.</returns>
    /// <remarks>
    /// Etcd 3.5.16 and later: the newest change up to the compaction stays, also a tombstone exactly at it, while an
    /// earlier tombstone goes.
    /// </remarks>
    public bool TryCompact(long atMain)
    {
        if (Main <= atMain)
        {
            Older = null;
            OlderCount = 0;
            return !IsTombstone || Main == atMain;
        }

        ReadOnlySpan<RevisionMark> reached = OlderUpTo(atMain);
        if (reached.IsEmpty)
        {
            return true;
        }

        RevisionMark inForce = reached[^1];
        int first = inForce.IsTombstone && inForce.Main < atMain ? reached.Length : reached.Length - 1;
        if (first > 0)
        {
            Older = first == OlderCount ? null : Older![first..OlderCount];
            OlderCount -= first;
        }

        return true;
    }

    private readonly ReadOnlySpan<RevisionMark> OlderUpTo(long atMain)
    {
        // Each field is read once, and the count is held against the very array: a reader may look at a slot that the writer
        // is changing, and throws the result away then.
        RevisionMark[]? older = Older;
        int low = 0;
        int high = older is null ? -1 : Math.Min(OlderCount, older.Length) - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            if (older![middle].Main <= atMain)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return older.AsSpan(0, low);
    }
}
