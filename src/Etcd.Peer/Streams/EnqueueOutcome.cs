namespace Etcd.Peer.Streams;

/// <summary>What became of a message given to a channel.</summary>
internal enum EnqueueOutcome
{
    /// <summary>It will be sent if the connection lives.</summary>
    Queued,

    /// <summary>Too many wait: it is dropped.</summary>
    Full,

    /// <summary>The channel is not open: another one may take it.</summary>
    NotOpen,
}
