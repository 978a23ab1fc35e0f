namespace Etcd.Wal.Inspection;

/// <summary>A place in a log that no reader can accept.</summary>
/// <param name="Path">Segment file.</param>
/// <param name="Offset">End of the valid records before it, in bytes.</param>
/// <param name="Reason">What was expected and what was found.</param>
/// <param name="IsTorn">Power loss explains it: it ends the last segment, and the member's next start cuts it off. Anything else is damage,
/// and the member does not start.</param>
public sealed record LogFault(string Path, long Offset, string Reason, bool IsTorn);
