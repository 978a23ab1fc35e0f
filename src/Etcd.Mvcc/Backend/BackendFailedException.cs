namespace Etcd.Mvcc;

/// <summary>A commit failed, so that writes already in memory cannot reach the disk. The member must stop.</summary>
public sealed class BackendFailedException(string message, Exception innerException) : Exception(message, innerException);
