using Etcd.Grpc;

using Google.Protobuf;

namespace Etcd.Proxy.Keys;

/// <summary>A prefix that the proxy puts before every key of its clients, and takes off again: <c>--namespace</c>.</summary>
/// <param name="prefix">The prefix; empty leaves keys as they are.</param>
internal sealed class KeyNamespace(ByteString prefix)
{
    private static readonly ByteString FromKey = ByteString.CopyFrom(0);

    /// <summary>Whether keys change at all.</summary>
    internal bool IsEmpty => prefix.IsEmpty;

    /// <summary>The key in the cluster of a request that must name one.</summary>
    /// <exception cref="RpcException">It is empty. The cluster would see the prefix alone, and could not refuse it.</exception>
    internal ByteString OutwardKey(ByteString key) => key.IsEmpty && !IsEmpty
        ? throw new RpcException(RpcStatusCode.InvalidArgument, "etcdserver: key is not provided")
        : Outward(key);

    /// <summary>The key in the cluster.</summary>
    internal ByteString Outward(ByteString key) => IsEmpty ? key : ByteString.CopyFrom([.. prefix.Span, .. key.Span]);

    /// <summary>The end of a range in the cluster: "all from here on" ends with the namespace.</summary>
    internal ByteString OutwardEnd(ByteString end)
    {
        if (IsEmpty || end.IsEmpty)
        {
            return end;
        }

        return end == FromKey ? AfterPrefix() : Outward(end);
    }

    /// <summary>The key as the client knows it.</summary>
    internal ByteString Inward(ByteString key) =>
        key.Length >= prefix.Length && key.Span.StartsWith(prefix.Span) ? ByteString.CopyFrom(key.Span[prefix.Length..]) : key;

    // The first key behind all that begin with the prefix.
    private ByteString AfterPrefix()
    {
        byte[] end = prefix.ToByteArray();
        for (int last = end.Length - 1; last >= 0; last--)
        {
            if (end[last] < byte.MaxValue)
            {
                end[last]++;
                return ByteString.CopyFrom(end, 0, last + 1);
            }
        }

        return FromKey;
    }
}
