namespace Etcd.Peer.Codecs;

/// <summary>First byte of a frame on the append stream (msgappv2).</summary>
internal enum AppendFrame : byte
{
    /// <summary>Sign of life; nothing follows.</summary>
    LinkHeartbeat = 0,

    /// <summary>Entries that follow the ones before: <c>| count | count x (length, entry) | commit index |</c>, numbers of 8 bytes.</summary>
    Entries = 1,

    /// <summary>A whole message: <c>| length | raftpb.Message |</c>.</summary>
    Message = 2,
}
