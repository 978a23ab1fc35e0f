using Etcd.Simulation.Scenarios;

namespace Etcd.Simulation;

/// <summary>What a run that kept all promises consisted of.</summary>
/// <param name="TraceHash">Hash over everything that happened, the same for each run of a seed.</param>
/// <param name="Events">Events.</param>
/// <param name="Operations">Operations of clients on keys.</param>
/// <param name="Revisions">Highest revision of the store.</param>
/// <param name="Messages">Messages delivered between members.</param>
/// <param name="Snapshots">Snapshots delivered between members.</param>
/// <param name="Lives">Starts of members.</param>
/// <param name="SegmentCuts">Times a log went on in a new segment.</param>
/// <param name="MovedBytes">Bytes that were moved to the front of a database to give its end back, in the last lives of the members.</param>
/// <param name="Changes">Changes of the membership and of leadership that were acknowledged, by name.</param>
/// <param name="Faults">Faults by kind.</param>
internal sealed record RunSummary(
    ulong TraceHash,
    long Events,
    int Operations,
    long Revisions,
    long Messages,
    long Snapshots,
    int Lives,
    int SegmentCuts,
    long MovedBytes,
    IReadOnlyDictionary<string, int> Changes,
    IReadOnlyDictionary<FaultKind, int> Faults)
{
    public override string ToString() =>
        $"trace {TraceHash:x16}: {Events} events, {Operations} operations, revision {Revisions}, {Messages} messages, {Snapshots} snapshots, {Lives} lives, "
        + $"{SegmentCuts} segment cuts, {MovedBytes} bytes moved, changes {string.Join(' ', Changes.Select(change => $"{change.Key}:{change.Value}"))}, "
        + $"faults {string.Join(' ', Faults.Select(fault => $"{fault.Key}:{fault.Value}"))}";
}
