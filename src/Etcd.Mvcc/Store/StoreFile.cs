namespace Etcd.Mvcc;

/// <summary>The backend as long as it has the file that an index was built on: index and records never come from different states.</summary>
/// <remarks>After <see cref="Backend.Install"/> the old state stays readable here until the store has its new index; then every call throws
/// <see cref="BackendReplacedException"/>.</remarks>
internal sealed class StoreFile(Backend backend)
{
    private readonly int _number = backend.FileNumber;

    /// <summary>A consistent look at everything written so far.</summary>
    /// <exception cref="BackendReplacedException">The file has been replaced.</exception>
    public BackendView View() => backend.View(_number);

    /// <summary>Writes a record of bucket <c>key</c>. Apply thread.</summary>
    public void PutRevision(Revision revision, bool isTombstone, byte[] record) => backend.PutRevision(revision, isTombstone, record);

    /// <summary>Writes a value of another bucket. Apply thread.</summary>
    public void Put(BackendBucket bucket, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value) => backend.Put(bucket, key, value);

    /// <summary>Hands clean-up work to the next commit and begins it.</summary>
    /// <returns>Ends when it is durable.</returns>
    /// <exception cref="BackendReplacedException">The file has been replaced: what the work names may be needed in the new one.</exception>
    public Task CleanUpAsync(CleanUp work) => backend.CleanUpAsync(work, _number);
}
