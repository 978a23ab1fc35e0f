using Etcd.V2.Events;
using Etcd.V2.Tree;

namespace Etcd.Api.Http.V2;

/// <summary>About what a reply of the v2 API takes in memory before it is written: JSON of what it shows, in a buffer that grows by doubling.</summary>
internal static class V2ReplyWeight
{
    // A node is counted with two bytes for each character and what its objects take, which is more than its JSON; the buffer may be twice that, and is
    // copied as it grows.
    private const int Copies = 2;

    // Names, indexes and times of one node in JSON.
    private const int BytesPerNode = 256;

    /// <summary>What an event takes.</summary>
    internal static long Of(V2Event happened) => Copies * (Of(happened.Node) + (happened.PrevNode is { } previous ? Of(previous) : 0));

    private static long Of(NodeImage node) =>
        BytesPerNode + (sizeof(char) * ((long)node.Key.Length + (node.Value?.Length ?? 0))) + (node.Listing is { } listing ? Of(listing) : 0);

    private static long Of(Listing listing)
    {
        if (listing.IsRecursive)
        {
            return listing.Directory.Bytes;
        }

        long bytes = 0;
        foreach (V2Node child in listing.Directory.Children!.Values)
        {
            bytes += child.IsDirectory ? BytesPerNode + (sizeof(char) * (long)child.Path.Length) : child.Bytes;
        }

        return bytes;
    }
}
