using System.Buffers.Binary;

using Etcd.Bolt.Format;
using Etcd.Bolt.Tree;

namespace Etcd.Bolt;

/// <summary>A named, ordered map from keys to values, or to further buckets, as one transaction sees it.</summary>
/// <remarks>In a read transaction all members may be used from several threads. In a write transaction only from one at a time.
/// Keys have 1 to 32768 bytes and are ordered as unsigned bytes.</remarks>
public sealed class BoltBucket
{
    private readonly BoltTransaction _transaction;
    private readonly int _depth;
    private Dictionary<byte[], BoltBucket>? _children;
    private ulong _sequence;
    private double _fillPercent = 0.5;
    private bool _isDeleted;

    internal BoltBucket(BoltTransaction transaction, BucketTree tree, ulong sequence, int depth)
    {
        _transaction = transaction;
        Tree = tree;
        _sequence = sequence;
        _depth = depth;
    }

    /// <summary>How full pages are left when a commit splits them, 0.1 to 1.0; 0.5 at first. Keys that only rise are stored
    /// tightest with a high value. It is not stored.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Set to something else.</exception>
    public double FillPercent
    {
        get => _fillPercent;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 0.1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 1.0);
            _fillPercent = value;
        }
    }

    /// <summary>A number stored with the bucket, free for the caller's use.</summary>
    /// <exception cref="InvalidOperationException">Set in a read transaction.</exception>
    public ulong Sequence
    {
        get => _sequence;
        set
        {
            ThrowIfNotWritable();
            _sequence = value;
            Tree.LoadRoot();
        }
    }

    internal BucketTree Tree { get; }

    internal BoltTransaction Transaction => _transaction;

    /// <summary>Whether a commit must write the bucket.</summary>
    internal bool IsChanged
    {
        get
        {
            if (Tree.Root is not null)
            {
                return true;
            }

            foreach (BoltBucket child in _children?.Values ?? Enumerable.Empty<BoltBucket>())
            {
                if (child.IsChanged)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Finds the value of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value, valid until the transaction ends; in a write transaction until its next change.</param>
    /// <returns><see langword="false"/> when there is no such key, or it names a bucket.</returns>
    public bool TryGet(scoped ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        ThrowIfUnusable();
        return Tree.TryGet(key, out value);
    }

    /// <summary>Stores a value under a key, in the place of one that is there.</summary>
    /// <param name="key">The key. It is kept, not copied: its bytes must not change until the transaction ends.</param>
    /// <param name="value">The value, up to 256 MiB; kept likewise.</param>
    /// <exception cref="InvalidOperationException">The transaction is for reading only, or the key names a bucket.</exception>
    /// <exception cref="ArgumentException">The key is empty or too long, or the value too large.</exception>
    public void Put(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value)
    {
        ThrowIfNotWritable();
        CheckKey(key.Length);
        if (value.Length > PageFormat.ValueBytesMax)
        {
            throw new ArgumentException($"a value has at most {PageFormat.ValueBytesMax} bytes", nameof(value));
        }

        if (!Tree.TryPut(new LeafItem(key, value, IsBucket: false)))
        {
            throw IsABucket();
        }
    }

    /// <summary>Removes a key and its value.</summary>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="InvalidOperationException">The transaction is for reading only, or the key names a bucket.</exception>
    public bool Delete(ReadOnlySpan<byte> key)
    {
        ThrowIfNotWritable();
        bool isBucket = false;
        bool isRemoved = Tree.TryRemove(key, ref isBucket);
        return isBucket ? throw IsABucket() : isRemoved;
    }

    /// <summary>A cursor over the keys, on none of them at first.</summary>
    public BoltCursor Cursor()
    {
        ThrowIfUnusable();
        return new BoltCursor(this);
    }

    /// <summary>The bucket of that name inside this one, or <see langword="null"/>.</summary>
    public BoltBucket? Bucket(ReadOnlySpan<byte> name)
    {
        ThrowIfUnusable();
        if (_children is not null && _children.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out BoltBucket? known))
        {
            return known;
        }

        if (!Tree.TryFind(name, out ReadOnlyMemory<byte> value, out bool isBucket, out long fileOffset) || !isBucket)
        {
            return null;
        }

        BoltBucket opened = Open(value, fileOffset);
        if (_transaction.IsWritable)
        {
            Remember(name.ToArray(), opened);
        }

        return opened;
    }

    /// <summary>The bucket of that name inside this one, made if there is none.</summary>
    /// <exception cref="InvalidOperationException">The transaction is for reading only, the key has a plain value, or buckets
    /// would lie more than 64 deep.</exception>
    public BoltBucket CreateBucketIfMissing(ReadOnlySpan<byte> name)
    {
        ThrowIfNotWritable();
        if (Bucket(name) is { } existing)
        {
            return existing;
        }

        CheckKey(name.Length);
        if (_depth == PageFormat.BucketDepthMax)
        {
            throw new InvalidOperationException($"buckets lie at most {PageFormat.BucketDepthMax} deep");
        }

        byte[] ownName = name.ToArray();
        byte[] value = BucketSpiller.EmptyInlineValue();
        if (!Tree.TryPut(new LeafItem(ownName, value, IsBucket: true)))
        {
            throw new InvalidOperationException("the key has a plain value");
        }

        BoltBucket created = Open(value, fileOffset: -1);
        Remember(ownName, created);
        return created;
    }

    /// <summary>Deletes a bucket and all inside it.</summary>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="InvalidOperationException">The transaction is for reading only.</exception>
    public bool DeleteBucket(ReadOnlySpan<byte> name)
    {
        ThrowIfNotWritable();
        if (Bucket(name) is not { } bucket)
        {
            return false;
        }

        new BucketRemover(((BoltWriteTransaction)_transaction).Allocation).FreePagesOf(bucket);
        bucket.Detach();
        _children?.GetAlternateLookup<ReadOnlySpan<byte>>().Remove(name);
        bool isBucket = true;
        Invariant.Holds(Tree.TryRemove(name, ref isBucket));
        return true;
    }

    /// <summary>Names of the buckets inside this one, ascending.</summary>
    /// <exception cref="CorruptDatabaseException">The file is damaged.</exception>
    public IReadOnlyList<byte[]> BucketNames()
    {
        ThrowIfUnusable();
        List<byte[]> names = [];
        ReadOnlyMemory<byte>? previous = null;
        var path = new TreePath(Tree);
        for (bool isOnItem = path.MoveFirst(); isOnItem; isOnItem = path.MoveNext())
        {
            ReadOnlyMemory<byte> key = path.KeyMemory();
            if (previous is { } before && KeyOrder.Compare(before.Span, key.Span) >= 0)
            {
                // In a forged file branches can lead to the same names for ever, and a name can be empty.
                throw Tree.Pages.Corrupt((long)Tree.RootPageId * Tree.Pages.PageSizeBytes, "ascending keys in the tree", Convert.ToHexString(key.Span));
            }

            previous = key;
            if (path.IsBucket)
            {
                names.Add(key.ToArray());
            }
        }

        return names;
    }

    /// <summary>A bucket whose element was just read. In a damaged tree even its key may not lead to it.</summary>
    internal BoltBucket RequireBucket(ReadOnlySpan<byte> name) =>
        Bucket(name) ?? throw Tree.Pages.Corrupt(
            (long)Tree.RootPageId * Tree.Pages.PageSizeBytes, $"bucket {Convert.ToHexString(name)} to be found by its name", "nothing");

    /// <summary>The opened buckets inside this one that a commit must write, ascending by name.</summary>
    internal IReadOnlyList<(byte[] Name, BoltBucket Bucket)> ChangedChildren()
    {
        List<(byte[] Name, BoltBucket Bucket)> changed = [];
        foreach ((byte[] name, BoltBucket child) in _children ?? [])
        {
            if (child.IsChanged)
            {
                changed.Add((name, child));
            }
        }

        changed.Sort(static (left, right) => KeyOrder.Compare(left.Name, right.Name));
        return changed;
    }

    internal void ThrowIfUnusable()
    {
        _transaction.ThrowIfEnded();
        if (_isDeleted)
        {
            throw new InvalidOperationException("the bucket was deleted in this transaction");
        }
    }

    private static void CheckKey(int length)
    {
        if (length is 0 or > PageFormat.KeyBytesMax)
        {
            throw new ArgumentException($"a key has 1 to {PageFormat.KeyBytesMax} bytes, not {length}");
        }
    }

    private static InvalidOperationException IsABucket() => new("the key names a bucket");

    private void ThrowIfNotWritable()
    {
        _transaction.ThrowIfNotWritable();
        ThrowIfUnusable();
    }

    private BoltBucket Open(ReadOnlyMemory<byte> value, long fileOffset)
    {
        ReadOnlySpan<byte> header = value.Span;
        if (header.Length < PageFormat.BucketHeaderBytes || _depth >= PageFormat.BucketDepthMax)
        {
            throw Tree.Pages.Corrupt(
                fileOffset,
                $"a bucket header of {PageFormat.BucketHeaderBytes} bytes, at most {PageFormat.BucketDepthMax} buckets deep",
                $"{header.Length} bytes, {_depth} buckets deep");
        }

        ulong rootPageId = BinaryPrimitives.ReadUInt64LittleEndian(header);
        long inlineOffset = fileOffset < 0 ? -1 : fileOffset + PageFormat.BucketHeaderBytes;
        BucketTree tree = rootPageId == 0
            ? new BucketTree(Tree.Pages, value[PageFormat.BucketHeaderBytes..], inlineOffset)
            : new BucketTree(Tree.Pages, rootPageId);
        return new BoltBucket(_transaction, tree, BinaryPrimitives.ReadUInt64LittleEndian(header[8..]), _depth + 1);
    }

    private void Remember(byte[] name, BoltBucket bucket)
    {
        _children ??= new Dictionary<byte[], BoltBucket>(BucketNameComparer.Instance);
        _children.Add(name, bucket);
    }

    private void Detach()
    {
        _isDeleted = true;
        foreach (BoltBucket child in _children?.Values ?? Enumerable.Empty<BoltBucket>())
        {
            child.Detach();
        }
    }
}
