using Etcd.Bolt.Pages;
using Etcd.Bolt.Tree;

namespace Etcd.Bolt;

/// <summary>A view of one version of the database.</summary>
public abstract class BoltTransaction : IDisposable
{
    private volatile bool _hasEnded;

    private protected BoltTransaction(DatabaseVersion version)
    {
        Version = version;
        TopLevel = new BoltBucket(
            this, new BucketTree(version.Pages, version.Meta.RootPageId), version.Meta.RootSequence, depth: 0);
    }

    /// <summary>A read transaction's version, that is, the id of the write transaction that committed it; or a write
    /// transaction's own id.</summary>
    public abstract ulong Id { get; }

    /// <summary>Size in bytes of the version read, or of the one this write transaction started from.</summary>
    public long SizeBytes => Version.Meta.DatabaseBytes;

    internal abstract bool IsWritable { get; }

    internal DatabaseVersion Version { get; }

    internal BoltBucket TopLevel { get; }

    /// <summary>The top-level bucket of that name, or <see langword="null"/>.</summary>
    /// <exception cref="CorruptDatabaseException">The file is damaged.</exception>
    public BoltBucket? Bucket(ReadOnlySpan<byte> name) => TopLevel.Bucket(name);

    /// <summary>Names of the top-level buckets, ascending.</summary>
    /// <exception cref="CorruptDatabaseException">The file is damaged.</exception>
    public IReadOnlyList<byte[]> BucketNames() => TopLevel.BucketNames();

    /// <summary>Ends the transaction. What it handed out must no longer be used. A write transaction that was not committed
    /// leaves no trace.</summary>
    public void Dispose()
    {
        if (!_hasEnded)
        {
            End();
        }

        GC.SuppressFinalize(this);
    }

    internal void ThrowIfEnded() => ObjectDisposedException.ThrowIf(_hasEnded, this);

    internal void ThrowIfNotWritable()
    {
        ThrowIfEnded();
        if (!IsWritable)
        {
            throw new InvalidOperationException("the transaction is for reading only");
        }
    }

    private protected abstract void Finish();

    private protected void End()
    {
        _hasEnded = true;
        Finish();
    }
}
