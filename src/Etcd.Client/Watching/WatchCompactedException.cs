using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>A watch cannot go on: changes it had still to report have been compacted away.</summary>
/// <remarks>Read the keys anew and watch from the revision of that reply plus one.</remarks>
public sealed class WatchCompactedException : Exception
{
    /// <summary>Creates the exception.</summary>
    public WatchCompactedException(WatchResponse reply)
        : base("etcdserver: mvcc: required revision has been compacted") => Reply = reply;

    /// <summary>Oldest revision that can still be watched from.</summary>
    public long CompactRevision => Reply.CompactRevision;

    /// <summary>The server's last message.</summary>
    public WatchResponse Reply { get; }
}
