using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Proxy.Leasing;

/// <summary>A key that the proxy owns, or is about to. Belongs to <see cref="OwnedKeys"/>, under its lock.</summary>
internal sealed class OwnedKey
{
    /// <summary>Its place in the order in which keys came.</summary>
    internal required LinkedListNode<ByteString> Place { get; init; }

    /// <summary>The revision that made it the proxy's; 0 while the cluster has not said so.</summary>
    internal long Since { get; set; }

    /// <summary>What a read of it answers; <see langword="null"/> where that must be asked of the cluster.</summary>
    internal RangeResponse? Answer { get; set; }

    /// <summary>Bytes of <see cref="Answer"/>.</summary>
    internal int AnswerBytes { get; set; }

    /// <summary>Writes of this proxy that are on their way: what they do is not known yet.</summary>
    internal int Writes { get; set; }

    /// <summary>Grows with every write that begins: a read from before it tells nothing.</summary>
    internal long Version { get; set; }
}
