using Etcd.Raft;
using Etcd.Raft.Encoding;

namespace Etcd.Peer.Codecs;

/// <summary>Writes the general stream: <c>| length, 8 bytes | raftpb.Message |</c> again and again.</summary>
internal sealed class MessageEncoder : IStreamEncoder
{
    private static readonly RaftMessage LinkHeartbeat = new() { Type = MessageType.Heartbeat };

    /// <inheritdoc />
    public void Write(ref FrameWriter frames, RaftMessage message) => WriteMessage(ref frames, message);

    /// <summary>A heartbeat from nobody to nobody.</summary>
    public void WriteLinkHeartbeat(ref FrameWriter frames) => WriteMessage(ref frames, LinkHeartbeat);

    /// <summary>Writes a message behind its length.</summary>
    internal static void WriteMessage(ref FrameWriter frames, RaftMessage message)
    {
        int length = RaftMessageCodec.SizeOf(message);
        frames.WriteUInt64((ulong)length);
        frames.Advance(RaftMessageCodec.Write(message, frames.Reserve(length)));
    }
}
