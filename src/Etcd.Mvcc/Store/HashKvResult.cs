namespace Etcd.Mvcc;

/// <summary>The checksum of the key space at a revision, comparable between members.</summary>
/// <param name="Hash">CRC-32C over the records.</param>
/// <param name="CompactRevision">Compaction it was taken after; members compare only equal ones. -1 when there was none.</param>
/// <param name="Revision">Revision it was taken at.</param>
/// <param name="CurrentRevision">Revision of the store, for the reply's header.</param>
public readonly record struct HashKvResult(uint Hash, long CompactRevision, long Revision, long CurrentRevision);
