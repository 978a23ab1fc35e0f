using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>The server ended a watch.</summary>
public sealed class WatchCanceledException : Exception
{
    /// <summary>Creates the exception.</summary>
    public WatchCanceledException(WatchResponse reply)
        : base(reply.CancelReason.Length > 0 ? reply.CancelReason : "etcdserver: mvcc: required revision is a future revision") =>
        Reply = reply;

    /// <summary>The server's last message.</summary>
    public WatchResponse Reply { get; }
}
