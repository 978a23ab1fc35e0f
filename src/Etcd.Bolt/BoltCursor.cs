using Etcd.Bolt.Tree;

namespace Etcd.Bolt;

/// <summary>Goes through the keys of a bucket in order. Moving and seeking allocate nothing. One thread at a time.</summary>
/// <remarks>In a write transaction the bucket may be changed under the cursor: it keeps its place by key, so that
/// <see cref="MoveNext"/> goes to the first key after the one it stood on, whether that key is still there or not.</remarks>
public sealed class BoltCursor
{
    private readonly BoltBucket _bucket;
    private readonly BucketTree _tree;
    private readonly TreePath _path;
    private int _changesSeen;

    // The key it stands on, when the bucket can change under it. Committed pages and the keys given to Put do not change.
    private ReadOnlyMemory<byte> _place;
    private bool _hasPlace;

    internal BoltCursor(BoltBucket bucket)
    {
        _bucket = bucket;
        _tree = bucket.Tree;
        _path = new TreePath(_tree);
    }

    /// <summary>The key it stands on, valid as long as the transaction.</summary>
    /// <exception cref="InvalidOperationException">It stands on none, or that key was deleted.</exception>
    public ReadOnlySpan<byte> Key
    {
        get
        {
            Refresh();
            return _path.Key;
        }
    }

    /// <summary>The value of the key it stands on; empty for a bucket. Valid like that of <see cref="BoltBucket.TryGet"/>.</summary>
    /// <exception cref="InvalidOperationException">It stands on none, or that key was deleted.</exception>
    public ReadOnlySpan<byte> Value
    {
        get
        {
            Refresh();
            return _path.IsBucket ? default : _path.Value;
        }
    }

    /// <summary>Whether the key it stands on names a bucket.</summary>
    /// <exception cref="InvalidOperationException">It stands on none, or that key was deleted.</exception>
    public bool IsBucket
    {
        get
        {
            Refresh();
            return _path.IsBucket;
        }
    }

    /// <summary>Goes to the first key.</summary>
    /// <returns><see langword="false"/> when the bucket is empty.</returns>
    public bool MoveFirst()
    {
        _bucket.ThrowIfUnusable();
        return Arrive(_path.MoveFirst());
    }

    /// <summary>Goes to the last key.</summary>
    /// <returns><see langword="false"/> when the bucket is empty.</returns>
    public bool MoveLast()
    {
        _bucket.ThrowIfUnusable();
        return Arrive(_path.MoveLast());
    }

    /// <summary>Goes to the first key that is not before <paramref name="key"/>.</summary>
    /// <returns><see langword="false"/> when there is none.</returns>
    public bool Seek(ReadOnlySpan<byte> key)
    {
        _bucket.ThrowIfUnusable();
        return Arrive(_path.Seek(key));
    }

    /// <summary>Goes to the next key.</summary>
    /// <returns><see langword="false"/> after the last, or when it stood on none.</returns>
    public bool MoveNext()
    {
        _bucket.ThrowIfUnusable();
        if (_changesSeen == _tree.Changes)
        {
            return Arrive(_path.MoveNext());
        }

        // After its key was deleted the seek already arrives at the next one.
        return _hasPlace && Arrive(_path.Seek(_place.Span) && (!_path.Key.SequenceEqual(_place.Span) || _path.MoveNext()));
    }

    /// <summary>Goes to the key before.</summary>
    /// <returns><see langword="false"/> before the first, or when it stood on none.</returns>
    public bool MovePrevious()
    {
        _bucket.ThrowIfUnusable();
        return _changesSeen == _tree.Changes
            ? Arrive(_path.MovePrevious())
            : _hasPlace && Arrive(_path.Seek(_place.Span) ? _path.MovePrevious() : _path.MoveLast());
    }

    /// <summary>Deletes the key it stands on; <see cref="MoveNext"/> then goes to the one after it.</summary>
    /// <exception cref="InvalidOperationException">The transaction is for reading only, the cursor stands on no key, or on that
    /// of a bucket.</exception>
    public void Delete()
    {
        _bucket.Transaction.ThrowIfNotWritable();
        Refresh();
        _bucket.Delete(_path.Key);
    }

    private bool Arrive(bool isOnItem)
    {
        _changesSeen = _tree.Changes;
        if (_bucket.Transaction.IsWritable)
        {
            _hasPlace = isOnItem;
            _place = isOnItem ? _path.KeyMemory() : default;
        }

        return isOnItem;
    }

    private void Refresh()
    {
        _bucket.ThrowIfUnusable();
        if (_changesSeen != _tree.Changes)
        {
            if (!_hasPlace || !_path.Seek(_place.Span) || !_path.Key.SequenceEqual(_place.Span))
            {
                throw new InvalidOperationException("the cursor is on no item");
            }

            _changesSeen = _tree.Changes;
        }
    }
}
