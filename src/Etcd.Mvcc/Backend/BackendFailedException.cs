namespace Etcd.Mvcc;

/// <summary>A commit, or the exchange of the file, failed, so that writes already in memory cannot reach the disk. The member must stop.</summary>
public sealed class BackendFailedException(string message, Exception innerException) : Exception(message, innerException);
