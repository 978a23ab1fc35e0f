namespace Etcd.Peer.Streams;

/// <summary>How the kinds of streams are called.</summary>
internal static class PeerStreamPaths
{
    /// <summary>Path under which <paramref name="self"/> asks for its stream.</summary>
    public static string PathOf(PeerStreamKind kind, string self) =>
        kind == PeerStreamKind.Append ? $"/raft/stream/msgapp/{self}" : $"/raft/stream/message/{self}";

    /// <summary>Name in log lines, as etcd has it.</summary>
    public static string LogNameOf(PeerStreamKind kind) => kind == PeerStreamKind.Append ? "stream MsgApp v2" : "stream Message";
}
