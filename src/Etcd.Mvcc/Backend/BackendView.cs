using Overlay = System.Collections.Immutable.ImmutableSortedDictionary<System.ReadOnlyMemory<byte>, System.ReadOnlyMemory<byte>?>;

namespace Etcd.Mvcc;

/// <summary>A consistent look at the backend: file, running commit and newest writes as one. Any thread; dispose it once.</summary>
/// <remarks>
/// Taking one costs two interlocked operations and holds no lock. It has every write up to the moment it was taken; changes
/// of bucket <c>key</c> appended later may show too, which a reader of a fixed revision never asks for.
/// </remarks>
public readonly struct BackendView : IDisposable
{
    private readonly BackendState _state;
    private readonly Overlays _active;

    internal BackendView(BackendState state)
    {
        _state = state;
        _active = state.Active.Overlays;
    }

    /// <summary>Finds a value.</summary>
    /// <param name="bucket">Where to look.</param>
    /// <param name="key">The key as the file has it.</param>
    /// <param name="value">Valid until the view is disposed.</param>
    public bool TryGet(BackendBucket bucket, scoped ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        if (bucket == BackendBucket.Key && Revision.TryRead(key, out Revision revision, out _))
        {
            if (TryGetBuffered(revision, out value))
            {
                return true;
            }
        }
        else if (TryGetBuffered(bucket, key, out ReadOnlyMemory<byte>? buffered))
        {
            value = buffered.GetValueOrDefault().Span;
            return buffered.HasValue;
        }

        return _state.Committed.Bucket(bucket).TryGet(key, out value);
    }

    /// <summary>A cursor over a bucket in key order; valid until the view is disposed.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="from">Where to begin; empty for the first key.</param>
    public BackendCursor Scan(BackendBucket bucket, ReadOnlySpan<byte> from = default) => new(_state, _active, bucket, from);

    /// <summary>Ends the look.</summary>
    public void Dispose() => _state.Committed.Release();

    /// <summary>Finds the record of a put.</summary>
    internal bool TryGetRecord(Revision revision, out ReadOnlySpan<byte> record)
    {
        if (TryGetBuffered(revision, out record))
        {
            return true;
        }

        Span<byte> key = stackalloc byte[Revision.SizeBytes];
        revision.WriteTo(key);
        return _state.Committed.Bucket(BackendBucket.Key).TryGet(key, out record);
    }

    private bool TryGetBuffered(Revision revision, out ReadOnlySpan<byte> record)
    {
        if (_state.Active.Keys.TryGet(revision, out record))
        {
            return true;
        }

        return _state.Committing is not null && _state.Committing.Keys.TryGet(revision, out record);
    }

    private bool TryGetBuffered(BackendBucket bucket, ReadOnlySpan<byte> key, out ReadOnlyMemory<byte>? value)
    {
        value = null;
        Overlay active = _active[bucket];
        Overlay? committing = _state.Committing?.Overlays[bucket];
        if (active.IsEmpty && committing is null or { IsEmpty: true })
        {
            return false;
        }

        ReadOnlyMemory<byte> sought = key.ToArray();
        return active.TryGetValue(sought, out value) || (committing is not null && committing.TryGetValue(sought, out value));
    }
}
