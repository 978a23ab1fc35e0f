using Etcd.Raft;
using Etcd.Raft.Encoding;

namespace Etcd.Peer.Codecs;

/// <summary>Reads the general stream: <c>| length, 8 bytes | raftpb.Message |</c> again and again.</summary>
internal sealed class MessageDecoder : IStreamDecoder
{
    /// <inheritdoc />
    public bool TryRead(ReceiveBuffer buffer, out RaftMessage? message)
    {
        if (!TryReadMessage(buffer, headBytes: 0, out RaftMessage? read))
        {
            message = null;
            return false;
        }

        bool isSignOfLife = read is { Type: MessageType.Heartbeat, From: 0, To: 0 };
        message = isSignOfLife ? null : read;
        return true;
    }

    /// <summary>Reads a message behind its length.</summary>
    /// <param name="buffer">What has arrived.</param>
    /// <param name="headBytes">Bytes in front of the length that belong to the frame.</param>
    /// <param name="message">The message.</param>
    /// <returns><see langword="false"/> while it is not complete.</returns>
    internal static bool TryReadMessage(ReceiveBuffer buffer, int headBytes, out RaftMessage? message)
    {
        message = null;
        int lengthEnd = headBytes + sizeof(ulong);
        if (!buffer.Has(lengthEnd))
        {
            return false;
        }

        int length = FrameLimits.ReadLength(buffer.Unread[headBytes..], "raft message");
        if (!buffer.Has(lengthEnd + length))
        {
            return false;
        }

        try
        {
            message = RaftMessageCodec.Read(buffer.Unread.Slice(lengthEnd, length));
        }
        catch (ProtoFormatException malformed)
        {
            throw new PeerFrameException(malformed.Message, malformed);
        }

        buffer.Consume(lengthEnd + length);
        return true;
    }
}
