namespace Etcd.Peer.Links;

/// <summary>Whether a member answers: since the first success on any channel, until a failure on any. Any thread.</summary>
internal sealed class PeerActivity(ulong peerId, TimeProvider time, PeerLog log)
{
    private readonly Lock _lock = new();
    private long _since;
    private long _disconnects;
    private volatile bool _isActive;
    private string? _refusal;

    /// <summary>How often it stopped answering.</summary>
    public long Disconnects => Interlocked.Read(ref _disconnects);

    /// <summary>Timestamp of the first success, or <see langword="null"/>.</summary>
    public long? Since
    {
        get
        {
            lock (_lock)
            {
                return _isActive ? _since : null;
            }
        }
    }

    /// <summary>A channel works.</summary>
    public void Succeeded()
    {
        if (_isActive)
        {
            return;
        }

        lock (_lock)
        {
            if (_isActive)
            {
                return;
            }

            _since = time.GetTimestamp();
            _isActive = true;
            _refusal = null;
        }

        log.BecameActive(PeerHeaders.FormatId(peerId));
    }

    /// <summary>A channel failed.</summary>
    /// <param name="what">Which, and doing what.</param>
    /// <param name="why">The failure.</param>
    public void Failed(string what, string why)
    {
        lock (_lock)
        {
            if (!_isActive)
            {
                return;
            }

            _isActive = false;
            _disconnects++;
        }

        log.BecameInactive(PeerHeaders.FormatId(peerId), $"{what}: {why}");
    }

    /// <summary>Whether a refusal is another than the last one: the same one, met again with every attempt, is told once.</summary>
    public bool IsNewRefusal(string text)
    {
        lock (_lock)
        {
            bool isNew = _refusal != text;
            _refusal = text;
            return isNew;
        }
    }
}
