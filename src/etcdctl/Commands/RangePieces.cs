using Etcd.Client;
using Etcd.Protocol.Rpc;

namespace Etcdctl.Commands;

/// <summary>A range that is read in pieces, for <c>get --stream</c>.</summary>
internal static class RangePieces
{
    /// <summary>Reads all pieces and puts them together.</summary>
    /// <exception cref="Etcd.Grpc.RpcException">The call failed.</exception>
    public static async Task<RangeResponse> ReadAsync(KvClient keys, GetArguments get, CancellationToken cancellationToken)
    {
        RangeResponse whole = new();
        await foreach (RangeResponse piece in keys.GetStreamAsync(get.Range, get.Options, cancellationToken))
        {
            // The last piece alone has what is said of the whole.
            whole.Header = piece.Header;
            whole.More = piece.More;
            whole.Count = piece.Count;
            whole.Kvs.Add(piece.Kvs);
        }

        return whole;
    }
}
