using Etcd.Grpc.Server;
using Etcd.Mvcc;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcd.Server.Operations;

using Google.Protobuf.Collections;

namespace Etcd.Api.Limits;

/// <summary>What the reply of a transaction or a deletion will cost, looked up before it is carried out: what it reads is in the reply as
/// messages, and made in one go.</summary>
internal static class TxnMeasure
{
    /// <summary>Whether any operation, however deep, puts keys into the reply.</summary>
    internal static bool Reads(TxnRequest txn) => Reads(txn.Success) || Reads(txn.Failure);

    /// <summary>What the reply of a transaction has come to.</summary>
    internal static long OfReply(RpcServerCall call, TxnResponse reply)
    {
        long keys = 0;
        long bytes = BytesOf(reply, ref keys);
        return ReplyWeight.OfMessage(call, bytes, keys);
    }

    /// <summary>What the reply of a deletion has come to.</summary>
    internal static long OfReply(RpcServerCall call, DeleteRangeResponse reply) =>
        ReplyWeight.OfMessage(call, BytesOf(reply.PrevKvs), reply.PrevKvs.Count);

    /// <summary>What the reply of a put has come to.</summary>
    internal static long OfReply(RpcServerCall call, PutResponse reply) =>
        reply.PrevKv is { } previous ? ReplyWeight.OfMessage(call, previous.Key.Length + previous.Value.Length, keys: 1) : 0;

    /// <summary>About what the reply costs: of each two branches the dearer one.</summary>
    internal static long Of(RpcServerCall call, KeyValueOperations keys, TxnRequest txn) =>
        Math.Max(Of(call, keys, txn.Success), Of(call, keys, txn.Failure));

    /// <summary>About what the reply of a deletion costs that tells what it has deleted.</summary>
    internal static long Of(RpcServerCall call, KeyValueOperations keys, DeleteRangeRequest deletion) =>
        deletion.PrevKv ? Of(call, keys, new RangeRequest { Key = deletion.Key, RangeEnd = deletion.RangeEnd }) : 0;

    /// <summary>About what the reply of a put costs that tells what was there before.</summary>
    internal static long Of(RpcServerCall call, KeyValueOperations keys, PutRequest put) =>
        put.PrevKv ? Of(call, keys, new RangeRequest { Key = put.Key }) : 0;

    private static long Of(RpcServerCall call, KeyValueOperations keys, RepeatedField<RequestOp> operations)
    {
        long bytes = 0;
        foreach (RequestOp operation in operations)
        {
            bytes += operation.RequestCase switch
            {
                RequestOp.RequestOneofCase.RequestRange => Of(call, keys, operation.RequestRange),
                RequestOp.RequestOneofCase.RequestDeleteRange => Of(call, keys, operation.RequestDeleteRange),
                RequestOp.RequestOneofCase.RequestPut => Of(call, keys, operation.RequestPut),
                RequestOp.RequestOneofCase.RequestTxn => Of(call, keys, operation.RequestTxn),
                _ => 0,
            };
        }

        return bytes;
    }

    private static long Of(RpcServerCall call, KeyValueOperations keys, RangeRequest request)
    {
        if (request.CountOnly)
        {
            return 0;
        }

        try
        {
            using RangeReply found = keys.Look(request);
            return ReplyWeight.OfMessage(call, found.MeasureKeyValues(ReplyWeight.FewKeys), found.KeyValueCount);
        }
        catch (EtcdException)
        {
            // A revision that cannot be read, for example: the transaction says so itself, if it gets to this operation at all.
            return 0;
        }
    }

    private static long BytesOf(TxnResponse reply, ref long keys)
    {
        long bytes = 0;
        foreach (ResponseOp response in reply.Responses)
        {
            switch (response.ResponseCase)
            {
                case ResponseOp.ResponseOneofCase.ResponseRange:
                    keys += response.ResponseRange.Kvs.Count;
                    bytes += BytesOf(response.ResponseRange.Kvs);
                    break;
                case ResponseOp.ResponseOneofCase.ResponseDeleteRange:
                    keys += response.ResponseDeleteRange.PrevKvs.Count;
                    bytes += BytesOf(response.ResponseDeleteRange.PrevKvs);
                    break;
                case ResponseOp.ResponseOneofCase.ResponsePut when response.ResponsePut.PrevKv is { } previous:
                    keys++;
                    bytes += previous.Key.Length + previous.Value.Length;
                    break;
                case ResponseOp.ResponseOneofCase.ResponseTxn:
                    bytes += BytesOf(response.ResponseTxn, ref keys);
                    break;
            }
        }

        return bytes;
    }

    private static long BytesOf(RepeatedField<KeyValue> pairs)
    {
        long bytes = 0;
        foreach (KeyValue pair in pairs)
        {
            bytes += pair.Key.Length + pair.Value.Length;
        }

        return bytes;
    }

    private static bool Reads(RepeatedField<RequestOp> operations)
    {
        foreach (RequestOp operation in operations)
        {
            switch (operation.RequestCase)
            {
                case RequestOp.RequestOneofCase.RequestRange:
                case RequestOp.RequestOneofCase.RequestPut when operation.RequestPut.PrevKv:
                case RequestOp.RequestOneofCase.RequestDeleteRange when operation.RequestDeleteRange.PrevKv:
                case RequestOp.RequestOneofCase.RequestTxn when Reads(operation.RequestTxn):
                    return true;
            }
        }

        return false;
    }
}
