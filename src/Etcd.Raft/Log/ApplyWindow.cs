namespace Etcd.Raft;

/// <summary>Limits the bytes of committed entries that are handed out and not yet applied.</summary>
internal sealed class ApplyWindow(ulong bytesMax)
{
    private ulong _bytes;

    public ulong BytesMax => bytesMax;

    /// <summary>Whether to hand out nothing until something is applied.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>Room left; not 0 unless paused.</summary>
    public ulong BytesLeft => bytesMax - _bytes;

    /// <param name="bytes">Encoded size of what was handed out.</param>
    /// <param name="moreWaits">Whether it was cut short by the limit.</param>
    public void Add(ulong bytes, bool moreWaits)
    {
        _bytes += bytes;
        IsPaused = _bytes >= bytesMax || moreWaits;
    }

    public void Release(ulong bytes)
    {
        _bytes -= Math.Min(bytes, _bytes);
        IsPaused = _bytes >= bytesMax;
    }
}
