namespace Etcd.Server.Offline.Inspection;

/// <summary>What a check of a data directory has looked at and found.</summary>
/// <param name="Findings">What is wrong, in the order log, snapshots, database.</param>
/// <param name="LogSegments">Segments of the log.</param>
/// <param name="LogRecords">Valid records in them.</param>
/// <param name="LastIndex">Index of the last valid entry or snapshot record; 0 for none.</param>
/// <param name="Snapshots"><c>.snap</c> files that can be read.</param>
/// <param name="DatabasePairs">Pairs in all buckets of the database that can be read.</param>
/// <param name="ConsistentIndex">Index of the last entry in the database; 0 for none, or where a finding keeps it from being read.</param>
public sealed record CheckReport(
    IReadOnlyList<CheckFinding> Findings,
    int LogSegments,
    long LogRecords,
    ulong LastIndex,
    int Snapshots,
    long DatabasePairs,
    ulong ConsistentIndex)
{
    /// <summary>Whether a member could not start on the directory, or would lose something.</summary>
    public bool IsDamaged => Findings.Any(finding => !finding.IsTorn);
}
