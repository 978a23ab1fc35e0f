namespace Etcd.Peer.Links;

/// <summary>The URLs of one member and which of them is in use. A failure moves on to the next. Any thread.</summary>
internal sealed class PeerUrls
{
    private readonly Lock _lock = new();
    private IReadOnlyList<string> _urls;
    private int _current;

    public PeerUrls(IReadOnlyList<string> urls)
    {
        _urls = urls;
    }

    /// <summary>All of them.</summary>
    public IReadOnlyList<string> All
    {
        get
        {
            lock (_lock)
            {
                return _urls;
            }
        }
    }

    /// <summary>The one to use now.</summary>
    public string Current
    {
        get
        {
            lock (_lock)
            {
                return _urls[_current];
            }
        }
    }

    /// <summary>Takes other URLs and begins with the first of them.</summary>
    public void Replace(IReadOnlyList<string> urls)
    {
        lock (_lock)
        {
            _urls = urls;
            _current = 0;
        }
    }

    /// <summary>Moves on, unless somebody else has done so since <paramref name="failed"/> was taken.</summary>
    public void MoveOn(string failed)
    {
        lock (_lock)
        {
            if (_urls[_current] == failed)
            {
                _current = (_current + 1) % _urls.Count;
            }
        }
    }
}
