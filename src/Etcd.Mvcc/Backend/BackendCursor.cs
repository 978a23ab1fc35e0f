using Etcd.Bolt;

namespace Etcd.Mvcc;

/// <summary>Goes through one bucket of a <see cref="BackendView"/> in key order. One thread.</summary>
/// <remarks>
/// Bucket <c>key</c>: the file first, then the running commit, then the newest writes, for revisions only rise. Other buckets are
/// small: what is not in the file yet is merged in.
/// </remarks>
public sealed class BackendCursor
{
    private readonly BoltCursor _file;
    private readonly byte[] _from;
    private readonly KeyLogCursor? _logs;
    private readonly IEnumerator<KeyValuePair<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?>>? _changes;
    private bool _hasStarted;
    private bool _onFile;
    private bool _fileMoves = true;
    private bool _hasChange;
    private bool _changeIsCurrent;

    internal BackendCursor(BackendState state, Overlays active, BackendBucket bucket, ReadOnlySpan<byte> from)
    {
        _from = from.ToArray();
        _file = state.Committed.Bucket(bucket).Cursor();
        if (bucket == BackendBucket.Key)
        {
            _logs = new KeyLogCursor(state, from);
        }
        else
        {
            _changes = Merge(state.Committing?.Overlays, active, bucket).Where(change => change.Key.Span.SequenceCompareTo(_from) >= 0).GetEnumerator();
        }
    }

    /// <summary>The key; valid until the view is disposed or the cursor moves.</summary>
    public ReadOnlySpan<byte> Key => _changeIsCurrent ? _changes!.Current.Key.Span : _onFile ? _file.Key : _logs!.Key;

    /// <summary>The value; valid until the view is disposed.</summary>
    public ReadOnlySpan<byte> Value =>
        _changeIsCurrent ? _changes!.Current.Value!.Value.Span : _onFile ? _file.Value : _logs!.Value;

    /// <summary>Goes to the next key, at first to the first.</summary>
    /// <returns><see langword="false"/> at the end.</returns>
    public bool MoveNext()
    {
        if (_logs is not null)
        {
            _onFile = MoveFile();
            return _onFile || _logs.MoveNext();
        }

        return MoveMerged();
    }

    private static SortedDictionary<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?> Merge(
        Overlays? committing, Overlays active, BackendBucket bucket)
    {
        var merged = new SortedDictionary<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>?>(ByteOrder.Instance);
        foreach (Overlays overlays in (Overlays[])[committing ?? Overlays.Empty, active])
        {
            foreach ((ReadOnlyMemory<byte> key, ReadOnlyMemory<byte>? value) in overlays[bucket])
            {
                merged[key] = value;
            }
        }

        return merged;
    }

    private bool MoveMerged()
    {
        if (!_hasStarted)
        {
            _onFile = MoveFile();
            _hasChange = _changes!.MoveNext();
        }
        else if (_changeIsCurrent)
        {
            _hasChange = _changes!.MoveNext();
        }
        else
        {
            _onFile = MoveFile();
        }

        while (_hasChange)
        {
            int order = _onFile ? _changes!.Current.Key.Span.SequenceCompareTo(_file.Key) : -1;
            if (order > 0)
            {
                break;
            }

            if (order == 0)
            {
                _onFile = MoveFile();
            }

            if (_changes!.Current.Value.HasValue)
            {
                _changeIsCurrent = true;
                return true;
            }

            _hasChange = _changes.MoveNext();
        }

        _changeIsCurrent = false;
        return _onFile;
    }

    private bool MoveFile()
    {
        if (_fileMoves)
        {
            _fileMoves = _hasStarted ? _file.MoveNext() : _from.Length == 0 ? _file.MoveFirst() : _file.Seek(_from);
        }

        _hasStarted = true;
        return _fileMoves;
    }
}
