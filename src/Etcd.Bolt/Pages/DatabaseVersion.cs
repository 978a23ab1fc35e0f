using Etcd.Bolt.Format;

namespace Etcd.Bolt.Pages;

/// <summary>One committed version of the database. Readers hold it, and with it the pages and the memory map it needs.</summary>
internal sealed class DatabaseVersion
{
    // One for the database while the version is the newest, one for each reader. Zero is final.
    private int _holders = 1;

    internal DatabaseVersion(in Meta meta, int metaSlot, FileMapping mapping, string file)
    {
        Meta = meta;
        MetaSlot = metaSlot;
        Mapping = mapping;
        Pages = new PageSource(mapping.Map, file, meta.PageSizeBytes, meta.HighWater);
        mapping.Hold();
    }

    internal Meta Meta { get; }

    /// <summary>Meta page that holds it.</summary>
    internal int MetaSlot { get; }

    internal FileMapping Mapping { get; }

    internal PageSource Pages { get; }

    internal ulong Id => Meta.TransactionId;

    /// <summary>How many hold it: the database while it is the newest, readers, and the writer that started from it.</summary>
    internal int Holders => Volatile.Read(ref _holders);

    /// <summary>Holds the version, unless everyone has let go of it.</summary>
    internal bool TryHold()
    {
        int holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            int seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
            {
                return true;
            }

            holders = seen;
        }

        return false;
    }

    /// <summary>Lets go.</summary>
    /// <returns>Whether this was the last holder.</returns>
    internal bool LetGo() => Interlocked.Decrement(ref _holders) == 0;
}
