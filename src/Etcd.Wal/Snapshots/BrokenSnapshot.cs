namespace Etcd.Wal;

/// <summary>A snapshot file that could not be read and was put aside.</summary>
/// <param name="Path">Its new path, ending in <c>.broken</c>.</param>
/// <param name="Reason">What was wrong with it.</param>
public sealed record BrokenSnapshot(string Path, string Reason);
