using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;

using Google.Protobuf;

namespace Etcd.Proxy.Kv;

/// <summary>What a transaction may write, on either of its branches and in transactions inside it.</summary>
internal static class WrittenKeys
{
    internal static IEnumerable<KeyInterval> Of(TxnRequest request) => request.Success.Concat(request.Failure).SelectMany(Of);

    private static IEnumerable<KeyInterval> Of(RequestOp operation) => operation.RequestCase switch
    {
        RequestOp.RequestOneofCase.RequestPut => [new KeyInterval(operation.RequestPut.Key, ByteString.Empty)],
        RequestOp.RequestOneofCase.RequestDeleteRange =>
            [new KeyInterval(operation.RequestDeleteRange.Key, operation.RequestDeleteRange.RangeEnd)],
        RequestOp.RequestOneofCase.RequestTxn => Of(operation.RequestTxn),
        _ => [],
    };
}
