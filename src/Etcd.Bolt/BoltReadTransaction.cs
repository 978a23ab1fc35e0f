using Etcd.Bolt.Maintenance;
using Etcd.Bolt.Pages;

namespace Etcd.Bolt;

/// <summary>Reads one version of the database, whatever is committed meanwhile. Any number may be open; while one is, the pages
/// of its version are not reused, so that a long one makes the file grow.</summary>
/// <remarks>It and its buckets may be used from several threads; the caller sees to it that none does after it is disposed.</remarks>
public sealed class BoltReadTransaction : BoltTransaction
{
    private readonly VersionChain _versions;

    internal BoltReadTransaction(VersionChain versions, DatabaseVersion version)
        : base(version)
    {
        _versions = versions;
    }

    /// <inheritdoc />
    public override ulong Id => Version.Id;

    /// <summary>Bytes that a copy takes: every page below the high-water mark.</summary>
    public long CopySizeBytes => SizeBytes;

    internal override bool IsWritable => false;

    /// <summary>Writes this version as a database file of its own, while others go on writing the database.</summary>
    /// <param name="destination">Where to; it gets exactly <see cref="CopySizeBytes"/> bytes.</param>
    /// <param name="progress">Told the bytes written so far now and then.</param>
    public void CopyTo(Stream destination, IProgress<long>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ThrowIfEnded();
        DatabaseCopy.Write(Version, destination, progress);
    }

    /// <summary>As <see cref="CopyTo"/>, without blocking a thread on the destination.</summary>
    /// <param name="destination">Where to; it gets exactly <see cref="CopySizeBytes"/> bytes.</param>
    /// <param name="progress">Told the bytes written so far now and then.</param>
    /// <param name="cancellationToken">Ends the copy early.</param>
    public Task CopyToAsync(Stream destination, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ThrowIfEnded();
        return DatabaseCopy.WriteAsync(Version, destination, progress, cancellationToken);
    }

    private protected override void Finish() => _versions.LetGo(Version);
}
