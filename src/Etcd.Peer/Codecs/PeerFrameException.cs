namespace Etcd.Peer.Codecs;

/// <summary>Bytes between members that are no frame of the protocol, or a frame that cannot follow the one before. The connection ends: nothing
/// after such bytes can be trusted.</summary>
internal sealed class PeerFrameException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">What was found and what was expected.</param>
    /// <param name="cause">What went wrong below, if anything.</param>
    public PeerFrameException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }
}
