using Etcd.Bolt.Tree;

namespace Etcd.Bolt.Maintenance;

/// <summary>Copies all buckets of a version, keys ascending, into an empty database.</summary>
/// <param name="target">The empty database.</param>
/// <param name="fillPercent">How full its pages are made.</param>
/// <param name="transactionBytesMax">Bytes of keys and values per transaction.</param>
/// <param name="committed">Told the bytes copied so far, after each transaction.</param>
internal sealed class Compaction(BoltDatabase target, double fillPercent, long transactionBytesMax, Action<long> committed)
{
    private readonly List<byte[]> _bucketPath = [];
    private BoltWriteTransaction? _transaction;
    private BoltBucket? _bucket;
    private long _transactionBytes;
    private long _copiedBytes;

    internal void Run(BoltReadTransaction source)
    {
        try
        {
            foreach (byte[] name in source.BucketNames())
            {
                CopyBucket(source.TopLevel.RequireBucket(name), name);
            }

            CommitBatch();
        }
        finally
        {
            _transaction?.Dispose();
        }
    }

    // Buckets lie at most 64 deep, and so does this recursion.
    private void CopyBucket(BoltBucket from, byte[] name)
    {
        _bucketPath.Add(name);
        _bucket = null;
        Target().Sequence = from.Sequence;
        CopyItems(from);
        _bucketPath.RemoveAt(_bucketPath.Count - 1);
        _bucket = null;
    }

    private void CopyItems(BoltBucket from)
    {
        var path = new TreePath(from.Tree);
        ReadOnlyMemory<byte>? previous = null;
        for (bool isOnItem = path.MoveFirst(); isOnItem; isOnItem = path.MoveNext())
        {
            ReadOnlyMemory<byte> key = path.KeyMemory();
            if (previous is { } before && before.Span.SequenceCompareTo(key.Span) >= 0)
            {
                // Besides damage this ends the walk through a hostile file, whose branches could lead to the same pages forever.
                throw from.Tree.Pages.Corrupt(0, "ascending keys", Convert.ToHexString(key.Span));
            }

            previous = key;
            if (path.IsBucket)
            {
                CopyBucket(from.RequireBucket(key.Span), key.ToArray());
            }
            else
            {
                CopyItem(key, path.ValueMemory(out _));
            }
        }
    }

    private void CopyItem(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value)
    {
        long bytes = key.Length + (long)value.Length;
        if (_transactionBytes + bytes > transactionBytesMax && _transactionBytes > 0)
        {
            CommitBatch();
        }

        Target().Put(key, value);
        _transactionBytes += bytes;
    }

    /// <summary>The bucket that the current path names, in the open transaction.</summary>
    private BoltBucket Target()
    {
        if (_bucket is null)
        {
            _transaction ??= target.BeginWrite();
            _bucket = _transaction.TopLevel;
            foreach (byte[] name in _bucketPath)
            {
                _bucket = _bucket.CreateBucketIfMissing(name);
                _bucket.FillPercent = fillPercent;
            }
        }

        return _bucket;
    }

    private void CommitBatch()
    {
        if (_transaction is not null)
        {
            _transaction.Commit();
            _transaction = null;
            _bucket = null;
            _copiedBytes += _transactionBytes;
            _transactionBytes = 0;
            committed(_copiedBytes);
        }
    }
}
