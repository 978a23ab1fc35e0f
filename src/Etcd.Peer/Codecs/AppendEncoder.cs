using Etcd.Raft;
using Etcd.Raft.Encoding;

namespace Etcd.Peer.Codecs;

/// <summary>Writes the append stream (msgappv2): appends that go on where the last one ended travel without their heads.</summary>
internal sealed class AppendEncoder : IStreamEncoder
{
    private AppendPosition _position;

    /// <inheritdoc />
    public void Write(ref FrameWriter frames, RaftMessage message)
    {
        if (_position.IsFollowedBy(message))
        {
            WriteEntries(ref frames, message);
            return;
        }

        frames.WriteByte((byte)AppendFrame.Message);
        MessageEncoder.WriteMessage(ref frames, message);
        _position.MoveBehind(message);
    }

    /// <inheritdoc />
    public void WriteLinkHeartbeat(ref FrameWriter frames) => frames.WriteByte((byte)AppendFrame.LinkHeartbeat);

    private void WriteEntries(ref FrameWriter frames, RaftMessage message)
    {
        frames.WriteByte((byte)AppendFrame.Entries);
        frames.WriteUInt64((ulong)message.Entries.Length);
        foreach (ref readonly Entry entry in message.Entries.Span)
        {
            _position.MoveBehind(entry);
            frames.WriteUInt64((ulong)RaftCodec.SizeOf(entry));
            frames.Advance(RaftCodec.WriteHead(entry, frames.Reserve(RaftCodec.EntryHeadBytesMax)));
            frames.Write(entry.Data.Span);
        }

        frames.WriteUInt64(message.Commit);
    }
}
