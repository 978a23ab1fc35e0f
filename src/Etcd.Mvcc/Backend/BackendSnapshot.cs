using Etcd.Bolt;

namespace Etcd.Mvcc;

/// <summary>One committed state of the file, to be copied out while the member goes on. Dispose it soon: the file cannot reuse
/// its pages and cannot be defragmented meanwhile.</summary>
public sealed class BackendSnapshot : IDisposable
{
    private readonly BoltReadTransaction _transaction;
    private CopyGate? _copies;

    internal BackendSnapshot(BoltReadTransaction transaction, CopyGate copies)
    {
        _transaction = transaction;
        _copies = copies;
    }

    /// <summary>Bytes of the copy.</summary>
    public long SizeBytes => _transaction.CopySizeBytes;

    /// <summary>CRC-32C as in <see cref="Backend.Hash"/>, of this state.</summary>
    public uint Hash() => BackendHash.Compute(_transaction);

    /// <summary>Writes the copy.</summary>
    /// <param name="destination">Receives <see cref="SizeBytes"/> bytes.</param>
    /// <param name="progress">Told the bytes written so far.</param>
    public void CopyTo(Stream destination, IProgress<long>? progress = null) => _transaction.CopyTo(destination, progress);

    /// <summary>As <see cref="CopyTo"/>, without blocking a thread on the destination.</summary>
    public Task CopyToAsync(Stream destination, IProgress<long>? progress, CancellationToken cancellationToken) =>
        _transaction.CopyToAsync(destination, progress, cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _copies, null) is { } copies)
        {
            _transaction.Dispose();
            copies.LeaveCopy();
        }
    }
}
