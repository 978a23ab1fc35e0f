namespace Etcd.Peer;

/// <summary>The database file that travels behind a snapshot message.</summary>
public interface IPeerSnapshotContent : IDisposable
{
    /// <summary>Exact size in bytes.</summary>
    long SizeBytes { get; }

    /// <summary>Writes the whole file.</summary>
    Task CopyToAsync(Stream destination, CancellationToken cancellationToken);
}
