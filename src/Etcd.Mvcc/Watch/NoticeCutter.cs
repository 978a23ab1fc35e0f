namespace Etcd.Mvcc.Watch;

/// <summary>Cuts the events taken from one watcher into notices of bounded size. The sender's own, except where said.</summary>
internal sealed class NoticeCutter(int responseBytesMax)
{
    private readonly EventBuffer _taken = new();
    private ReadOnlyMemory<byte>[] _encoded = [];
    private int _encodedCount;
    private int _next;
    private bool _isInsideRevision;
    private Watcher? _watcher;

    public bool HasMore => _next < _taken.Count;

    /// <summary>Takes the pending events of a watcher over. Called under the stream's gate, with nothing left.</summary>
    /// <param name="watcher">The watcher.</param>
    /// <param name="upToRevision">Last revision to take; later ones stay pending.</param>
    /// <returns>Bytes taken, as they are reckoned against the stream.</returns>
    public long Load(Watcher watcher, long upToRevision)
    {
        Clear();
        _watcher = watcher;
        EventBuffer pending = watcher.Pending;
        if (pending[pending.Count - 1].Revision.Main <= upToRevision)
        {
            _taken.Swap(pending);
        }
        else
        {
            pending.MoveUpTo(upToRevision, _taken);
        }

        return _taken.Bytes;
    }

    /// <summary>The next notice: whole revisions up to the size limit, or part of one that is larger.</summary>
    public WatchNotice Cut(IKeyHistory history)
    {
        int start = _next;
        int end = start;
        long bytes = 0;
        bool isFragment = false;
        while (end < _taken.Count)
        {
            int revisionEnd = EncodeRevision(end, history, out long revisionBytes);
            if (end > start && bytes + revisionBytes > responseBytesMax)
            {
                break;
            }

            if (revisionBytes > responseBytesMax && _watcher!.AllowsFragments)
            {
                end = FragmentEnd(start, revisionEnd);
                isFragment = end < revisionEnd;
                break;
            }

            end = revisionEnd;
            bytes += revisionBytes;
            if (_isInsideRevision)
            {
                break;
            }
        }

        _isInsideRevision = isFragment;
        _next = end;
        return new WatchNotice
        {
            Kind = WatchNoticeKind.Events,
            WatchId = _watcher!.Id,
            Revision = _taken[end - 1].Revision.Main,
            IsFragment = isFragment,
            Events = _encoded.AsMemory(start, end - start),
        };
    }

    /// <summary>Lets go of all events.</summary>
    public void Clear()
    {
        _taken.Clear();
        Array.Clear(_encoded, 0, _encodedCount);
        _encodedCount = 0;
        _next = 0;
        _isInsideRevision = false;
        _watcher = null;
    }

    private int EncodeRevision(int start, IKeyHistory history, out long bytes)
    {
        long revision = _taken[start].Revision.Main;
        int end = start;
        bytes = 0;
        while (end < _taken.Count && _taken[end].Revision.Main == revision)
        {
            bytes += Encode(end, history).Length;
            end++;
        }

        return end;
    }

    private ReadOnlyMemory<byte> Encode(int index, IKeyHistory history)
    {
        if (index == _encodedCount)
        {
            if (_encodedCount == _encoded.Length)
            {
                Array.Resize(ref _encoded, Math.Max(4, _encodedCount * 2));
            }

            KeyEvent change = _taken[index];
            _encoded[_encodedCount++] = _watcher!.WithPreviousKeyValue
                ? change.EncodedEventWithPrevious(history)
                : change.EncodedEvent;
        }

        return _encoded[index];
    }

    private int FragmentEnd(int start, int revisionEnd)
    {
        int end = start + 1;
        long bytes = _encoded[start].Length;
        while (end < revisionEnd && bytes + _encoded[end].Length <= responseBytesMax)
        {
            bytes += _encoded[end++].Length;
        }

        return end;
    }
}
