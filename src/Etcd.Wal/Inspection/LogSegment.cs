namespace Etcd.Wal.Inspection;

/// <summary>A segment of a log.</summary>
/// <param name="Path">Its file.</param>
/// <param name="FirstIndex">Index of the first entry in it, by its name; 0 for the first segment of a log.</param>
public readonly record struct LogSegment(string Path, ulong FirstIndex);
