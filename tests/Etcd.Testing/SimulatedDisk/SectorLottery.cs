namespace Etcd.Testing.SimulatedDisk;

/// <summary>Decides which of the unsynced changes of a file survive power loss.</summary>
/// <remarks>
/// Each 512-byte sector keeps its own number of the writes that touched it, in their order: none, all, or some (the system
/// may have written it back in between), the next one perhaps torn. At times all sectors agree on the same moment instead: the
/// system wrote everything back just then, and nothing after. Changes of the length survive up to a random one of
/// them, independently of the data: a file may have grown without its bytes.
/// </remarks>
internal sealed class SectorLottery(IReadOnlyList<FileChange> unsynced, CrashRules rules)
{
    internal const int SectorBytes = 512;

    private readonly Dictionary<long, SectorFate> _fates = [];
    private int _lengthChangesLeft;

    internal FileImage Draw(FileImage durable, ref SplitMix64 random)
    {
        if (unsynced.Count == 0)
        {
            return durable;
        }

        DrawFates(ref random);
        byte[] bytes = durable.CopyOfAtLeast(unsynced.Max(change => change.End));
        long length = durable.Length;
        foreach (FileChange change in unsynced)
        {
            bool keepsLength = change.ChangesLength && _lengthChangesLeft-- > 0;
            if (change.Bytes is not null)
            {
                WriteSurvivingSectors(change, bytes);
                length = keepsLength ? Math.Max(length, change.End) : length;
            }
            else if (keepsLength)
            {
                bytes.AsSpan((int)Math.Min(change.Offset, bytes.Length)).Clear();
                length = change.Offset;
            }
        }

        // Bytes beyond the end are not part of the file, whatever their sectors hold.
        return new FileImage(bytes.AsSpan(0, (int)Math.Min(length, bytes.Length)).ToArray(), length);
    }

    private void DrawFates(ref SplitMix64 random)
    {
        _lengthChangesLeft = random.Below(unsynced.Count(change => change.ChangesLength) + 1);
        int writtenBackBefore = random.Percent(25) ? random.Below(unsynced.Count + 1) : -1;
        // Some crashes lose nearly all, some nearly nothing: both ends hide bugs that an even draw would not meet.
        int survivalPercent = random.Below(5) * 25;
        foreach ((long sector, (int all, int early)) in CountWrites(writtenBackBefore))
        {
            int kept = writtenBackBefore >= 0 ? early : random.Percent(survivalPercent) ? all : random.Below(all);
            int torn = rules.TearsSectors && random.Percent(20) ? 1 + random.Below(SectorBytes - 1) : 0;
            _fates.Add(sector, new SectorFate(kept, torn));
        }
    }

    /// <summary>For each sector, how many writes touched it, and how many of them are among the first changes.</summary>
    private SortedDictionary<long, (int All, int Early)> CountWrites(int firstChanges)
    {
        var counts = new SortedDictionary<long, (int All, int Early)>();
        for (int index = 0; index < unsynced.Count; index++)
        {
            FileChange change = unsynced[index];
            for (long sector = change.Offset / SectorBytes; sector * SectorBytes < change.End; sector++)
            {
                (int all, int early) = counts.GetValueOrDefault(sector);
                counts[sector] = (all + 1, early + (index < firstChanges ? 1 : 0));
            }
        }

        return counts;
    }

    private void WriteSurvivingSectors(FileChange change, byte[] bytes)
    {
        for (long sector = change.Offset / SectorBytes; sector * SectorBytes < change.End; sector++)
        {
            SectorFate fate = _fates[sector];
            long start = Math.Max(change.Offset, sector * SectorBytes);
            long end = Math.Min(change.End, (sector + 1) * SectorBytes);
            if (fate.WritesKept == 0)
            {
                end = Math.Min(end, (sector * SectorBytes) + fate.TornBytes);
            }

            if (fate.WritesKept >= 0 && end > start)
            {
                change.Bytes.AsSpan((int)(start - change.Offset), (int)(end - start)).CopyTo(bytes.AsSpan((int)start));
            }

            _fates[sector] = fate with { WritesKept = fate.WritesKept - 1 };
        }
    }

    /// <param name="WritesKept">Writes still to be applied to the sector; 0 when the next one is the first that is lost.</param>
    /// <param name="TornBytes">Bytes of the first lost write's sector that reached the disk.</param>
    private readonly record struct SectorFate(int WritesKept, int TornBytes);
}
