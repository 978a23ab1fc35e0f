namespace Etcd.Raft;

/// <summary>Appends sent to one member and not yet answered, oldest first, limited in number and in payload bytes.</summary>
/// <param name="messagesMax">Most appends under way, from 1.</param>
/// <param name="bytesMax">Payload bytes from which on the window is full; 0 for no limit.</param>
internal sealed class InflightWindow(int messagesMax, ulong bytesMax)
{
    private readonly Queue<(ulong LastIndex, ulong Bytes)> _appends = new();
    private ulong _bytes;

    public int Count => _appends.Count;

    /// <summary>Whether nothing more may be sent. The byte limit may be overshot by the last append.</summary>
    public bool IsFull => _appends.Count >= messagesMax || (bytesMax != 0 && _bytes >= bytesMax);

    /// <summary>Adds an append that ends with the entry at <paramref name="lastIndex"/>.</summary>
    public void Add(ulong lastIndex, ulong bytes)
    {
        Invariant.Holds(!IsFull, $"append up to {lastIndex} sent into a full window of {_appends.Count}");
        _appends.Enqueue((lastIndex, bytes));
        _bytes += bytes;
    }

    /// <summary>Takes out all appends that end at or before <paramref name="index"/>.</summary>
    public void ReleaseUpTo(ulong index)
    {
        while (_appends.TryPeek(out (ulong LastIndex, ulong Bytes) oldest) && oldest.LastIndex <= index)
        {
            _appends.Dequeue();
            _bytes -= oldest.Bytes;
        }
    }

    /// <summary>Takes out all.</summary>
    public void Clear()
    {
        _appends.Clear();
        _bytes = 0;
    }
}
