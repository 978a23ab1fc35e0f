using Etcd.Raft;

namespace Etcd.Peer.Codecs;

/// <summary>Writes the messages of one stream connection. Belongs to that connection: some codecs remember what they wrote.</summary>
internal interface IStreamEncoder
{
    /// <summary>Writes a message.</summary>
    void Write(ref FrameWriter frames, RaftMessage message);

    /// <summary>Writes the sign of life of an idle connection.</summary>
    void WriteLinkHeartbeat(ref FrameWriter frames);
}
