namespace Etcd.Mvcc;

/// <summary>The backend file holds something that no etcd writes. The member must not go on.</summary>
public sealed class CorruptBackendException(string message) : Exception(message);
