namespace Etcd.Lease;

/// <summary>Moves deadlines back so that no second holds more than a given number of them.</summary>
/// <remarks>After a promotion all leases of one time to live fall due at the same moment. Revoking them all at once would
/// fill the log with revokes; deadlines are only ever moved later, which no promise forbids.</remarks>
internal static class ExpirySpreading
{
    /// <summary>Raises entries of <paramref name="deadlines"/>.</summary>
    /// <param name="deadlines">Deadlines in ticks, ascending; ascending again afterwards.</param>
    /// <param name="perSecondMax">Most deadlines within any one second, at least 1.</param>
    public static void Spread(Span<long> deadlines, int perSecondMax)
    {
        for (int i = perSecondMax; i < deadlines.Length; i++)
        {
            deadlines[i] = Math.Max(deadlines[i], deadlines[i - perSecondMax] + TimeSpan.TicksPerSecond);
        }
    }
}
