using Etcd.Raft;

namespace Etcd.Peer.Codecs;

/// <summary>Reads the messages of one stream connection. Belongs to that connection: some codecs remember what they read.</summary>
internal interface IStreamDecoder
{
    /// <summary>Takes the next frame out of <paramref name="buffer"/>.</summary>
    /// <param name="buffer">What has arrived; keeps what cannot be taken yet.</param>
    /// <param name="message">The message; its entries are parts of the buffer's memory. <see langword="null"/> for a sign of life.</param>
    /// <returns><see langword="false"/> while the frame is not complete.</returns>
    /// <exception cref="PeerFrameException">The bytes are no frame, or one that cannot stand here.</exception>
    bool TryRead(ReceiveBuffer buffer, out RaftMessage? message);
}
