namespace Etcd.Mvcc;

/// <summary>What was done to give free space of the file back, since the backend was opened. For metrics.</summary>
/// <param name="IsActive">Whether there is space to be given back.</param>
/// <param name="MovedBytes">Bytes of nodes that were moved to the front of the file.</param>
/// <param name="ReturnedBytes">Bytes by which the file was cut.</param>
public sealed record ReclaimFigures(bool IsActive, long MovedBytes, long ReturnedBytes);
