using Etcd.Mvcc;
using Etcd.Peer;

namespace Etcd.Server.Snapshots;

/// <summary>A committed state of the backend on its way to another member.</summary>
internal sealed class DatabaseContent(BackendSnapshot snapshot) : IPeerSnapshotContent
{
    /// <inheritdoc />
    public long SizeBytes => snapshot.SizeBytes;

    /// <inheritdoc />
    public Task CopyToAsync(Stream destination, CancellationToken cancellationToken) =>
        snapshot.CopyToAsync(destination, progress: null, cancellationToken);

    /// <inheritdoc />
    public void Dispose() => snapshot.Dispose();
}
