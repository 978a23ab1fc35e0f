namespace Etcd.Mvcc;

/// <summary>One compaction to be carried out.</summary>
/// <param name="Revision">Revision to compact at.</param>
/// <param name="Previous">Compaction before it, -1 when none.</param>
/// <param name="KeepsHash">Whether the file is complete from <paramref name="Previous"/> on, so that its checksum means something.</param>
internal sealed record CompactionJob(long Revision, long Previous, bool KeepsHash);
