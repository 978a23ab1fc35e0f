namespace Etcd.Mvcc;

/// <summary>Another file was installed under a store's index while it was being read; the store has a new index and tries again.</summary>
internal sealed class BackendReplacedException()
    : InvalidOperationException("the backend has another file than the one this index was built on");
