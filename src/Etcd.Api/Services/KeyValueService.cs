using System.Buffers;

using Etcd.Api.Replies;
using Etcd.Grpc.Server;
using Etcd.Mvcc;
using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Etcd.Server;
using Etcd.Server.Operations;

namespace Etcd.Api.Services;

/// <summary>etcdserverpb.KV.</summary>
internal sealed class KeyValueService
{
    private const byte MoreTag = 3 << 3;
    private const byte CountTag = 4 << 3;

    private readonly EtcdServer _server;
    private readonly KeyValueOperations _keys;
    private readonly HeaderSource _headers;

    internal KeyValueService(EtcdServer server)
    {
        _server = server;
        _keys = server.KeyValues;
        _headers = server.Headers;
    }

    internal void AddTo(RpcServiceTable table)
    {
        table.AddUnary(ServiceNames.KeyValue, "Range", RangeAsync);
        table.AddUnary(ServiceNames.KeyValue, "Put", PutRequest.Parser, (_, request) => _keys.PutAsync(request));
        table.AddUnary(ServiceNames.KeyValue, "DeleteRange", DeleteRangeRequest.Parser, (_, request) => _keys.DeleteRangeAsync(request));
        table.AddUnary(
            ServiceNames.KeyValue, "Txn", TxnRequest.Parser, (call, request) => _keys.TxnAsync(request, call.CancellationToken));
        table.AddUnary(
            ServiceNames.KeyValue,
            "Compact",
            CompactionRequest.Parser,
            (call, request) => _keys.CompactAsync(request, call.CancellationToken));
    }

    private ValueTask RangeAsync(RpcServerCall call, ReadOnlySequence<byte> bytes, IBufferWriter<byte> reply)
    {
        RangeRequest request = RequestMessage.Parse(RangeRequest.Parser, bytes);
        if (!request.Serializable && _server.IsLearner)
        {
            throw new EtcdException(EtcdErrorCode.NotSupportedForLearner);
        }

        if (!_keys.TryRange(request, out RangeReply? result))
        {
            return ConfirmedRangeAsync(request, reply, call.CancellationToken);
        }

        Write(result, reply);
        return default;
    }

    private async ValueTask ConfirmedRangeAsync(RangeRequest request, IBufferWriter<byte> reply, CancellationToken cancellationToken) =>
        Write(await _keys.ConfirmedRangeAsync(request, cancellationToken).ConfigureAwait(false), reply);

    private void Write(RangeReply result, IBufferWriter<byte> reply)
    {
        using (result)
        {
            ReplyHead.Write(reply, _headers, result.Revision);
            result.WriteKeyValuesTo(reply);
            ReplyHead.WriteField(reply, MoreTag, result.More ? 1UL : 0);
            ReplyHead.WriteField(reply, CountTag, (ulong)result.Count);
        }
    }
}
