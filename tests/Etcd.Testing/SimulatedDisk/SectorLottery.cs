namespace Etcd.Testing.SimulatedDisk;

/// <summary>Decides which of the unsynced changes of a file survive power loss.</summary>
/// <remarks>
/// Each 512-byte sector keeps its own number of the writes that touched it, in their order: none, all, or some (the system
/// may have written it back in between), the next one perhaps torn. Changes of the length survive up to a random one of
/// them, independently of the data: a file may have grown without its bytes.
/// </remarks>
internal sealed class SectorLottery(IReadOnlyList<FileChange> unsynced, CrashRules rules)
{
    private const int SectorBytes = 512;

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
        // Some crashes lose nearly all, some nearly nothing: both ends hide bugs that an even draw would not meet.
        int survivalPercent = random.Below(5) * 25;
        _lengthChangesLeft = random.Below(unsynced.Count(change => change.ChangesLength) + 1);
        var touches = new SortedDictionary<long, int>();
        foreach (FileChange change in unsynced)
        {
            for (long sector = change.Offset / SectorBytes; sector * SectorBytes < change.End; sector++)
            {
                touches[sector] = touches.GetValueOrDefault(sector) + 1;
            }
        }

        foreach ((long sector, int count) in touches)
        {
            int kept = random.Percent(survivalPercent) ? count : random.Below(count);
            int torn = rules.TearsSectors && random.Percent(20) ? 1 + random.Below(SectorBytes - 1) : 0;
            _fates.Add(sector, new SectorFate(kept, torn));
        }
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
