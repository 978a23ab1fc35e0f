namespace Etcd.Peer.Codecs;

/// <summary>Bytes of a stream as they arrive. Messages keep parts of this memory, so it is filled from front to back and never a second time:
/// a full block is left to the messages in it and a new one begun.</summary>
internal sealed class ReceiveBuffer
{
    /// <summary>Size of a block: enough for a read to be worth its call, small enough not to be pinned by one long-lived entry at great cost.</summary>
    private const int BlockBytes = 32 * 1024;

    /// <summary>A read into less free space than this is not worth its call.</summary>
    private const int FreeBytesMin = 2 * 1024;

    /// <summary>How far the sender's word about a length is taken before its bytes are there; an append is seldom larger.</summary>
    private const int TrustedBytesMax = 4 * 1024 * 1024;

    private byte[] _block = new byte[BlockBytes];
    private int _start;
    private int _end;
    private int _wanted = 1;

    /// <summary>What has arrived and was not consumed.</summary>
    public ReadOnlyMemory<byte> Unread => _block.AsMemory(_start, _end - _start);

    /// <summary>Whether that many bytes have arrived. If not, they are what the next read is for.</summary>
    public bool Has(int bytes)
    {
        _wanted = bytes;
        return _end - _start >= bytes;
    }

    /// <summary>Lets go of bytes; messages may keep parts of them.</summary>
    public void Consume(int bytes) => _start += bytes;

    /// <summary>Where the next bytes go; <see cref="Filled"/> follows.</summary>
    public Memory<byte> Free()
    {
        if (NeedsNewBlock(_end - _start, _block.Length - _end))
        {
            BeginBlock(_end - _start);
        }

        return _block.AsMemory(_end);
    }

    /// <summary>Counts bytes that have arrived.</summary>
    public void Filled(int bytes) => _end += bytes;

    private bool NeedsNewBlock(int unread, int free)
    {
        if (unread == 0)
        {
            return free < FreeBytesMin;
        }

        if (_block.Length - _start >= _wanted)
        {
            return false;
        }

        // A block that is already as large as the sender's word is good for is filled to its end before a larger one is made.
        return _start > 0 || free == 0 || _block.Length < TrustedBytesMax;
    }

    private void BeginBlock(int unread)
    {
        // A length that nothing has followed yet gets no memory beyond what is usual: it grows with what really arrives.
        int trusted = Math.Max(TrustedBytesMax, (int)Math.Min(2L * unread, Array.MaxLength));
        var block = new byte[Math.Max(BlockBytes, Math.Min(_wanted, trusted))];
        _block.AsSpan(_start, unread).CopyTo(block);
        _block = block;
        _start = 0;
        _end = unread;
    }
}
