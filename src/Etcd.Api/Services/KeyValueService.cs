using System.Buffers;

using Etcd.Api.Replies;
using Etcd.Auth;
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
    private readonly CallAccess _access;

    internal KeyValueService(EtcdServer server, CallAccess access)
    {
        _server = server;
        _access = access;
        _keys = server.KeyValues;
        _headers = server.Headers;
    }

    internal void AddTo(RpcServiceTable table)
    {
        table.AddUnary(ServiceNames.KeyValue, "Range", RangeAsync);
        table.AddServerStream(
            ServiceNames.KeyValue, "RangeStream", RangeRequest.Parser, new RangeStreamHandler(_server, _access).HandleAsync);
        table.AddUnary(ServiceNames.KeyValue, "Put", PutRequest.Parser, PutAsync);
        table.AddUnary(ServiceNames.KeyValue, "DeleteRange", DeleteRangeRequest.Parser, DeleteRangeAsync);
        table.AddUnary(ServiceNames.KeyValue, "Txn", TxnRequest.Parser, TxnAsync);
        table.AddUnary(ServiceNames.KeyValue, "Compact", CompactionRequest.Parser, CompactAsync);
    }

    private ValueTask<PutResponse> PutAsync(RpcServerCall call, PutRequest request)
    {
        return _access.IsNeeded ? AsUserAsync(call, request) : _keys.PutAsync(request);

        // What it needs is passed: a capture would cost those who are not asked.
        async ValueTask<PutResponse> AsUserAsync(RpcServerCall call, PutRequest request)
        {
            Caller caller = await _access.CallerOfAsync(call).ConfigureAwait(false);
            return await _keys.PutAsync(request, caller).ConfigureAwait(false);
        }
    }

    private ValueTask<TxnResponse> TxnAsync(RpcServerCall call, TxnRequest request)
    {
        return _access.IsNeeded ? AsUserAsync(call, request) : _keys.TxnAsync(request, call.CancellationToken);

        async ValueTask<TxnResponse> AsUserAsync(RpcServerCall call, TxnRequest request)
        {
            Caller caller = await _access.CallerOfAsync(call).ConfigureAwait(false);
            return await _keys.TxnAsync(request, caller, call.CancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<DeleteRangeResponse> DeleteRangeAsync(RpcServerCall call, DeleteRangeRequest request)
    {
        Caller caller = await _access.CallerOfAsync(call).ConfigureAwait(false);
        DeleteRangeResponse reply = await _keys.DeleteRangeAsync(request, caller).ConfigureAwait(false);
        call.ReplyItems = reply.Deleted;
        return reply;
    }

    private async ValueTask<CompactionResponse> CompactAsync(RpcServerCall call, CompactionRequest request)
    {
        Caller caller = await _access.CallerOfAsync(call).ConfigureAwait(false);
        return await _keys.CompactAsync(request, caller, call.CancellationToken).ConfigureAwait(false);
    }

    private ValueTask RangeAsync(RpcServerCall call, ReadOnlySequence<byte> bytes, IBufferWriter<byte> reply)
    {
        RangeRequest request = RequestMessage.Parse(RangeRequest.Parser, bytes);
        if (!request.Serializable && _server.IsLearner)
        {
            throw new EtcdException(EtcdErrorCode.NotSupportedForLearner);
        }

        if (_access.IsNeeded)
        {
            return RangeAsUserAsync(call, request, reply);
        }

        if (!_keys.TryRange(request, out RangeReply? result))
        {
            return ConfirmedRangeAsync(call, request, Caller.Anonymous, reply);
        }

        Write(call, result, reply);
        return default;
    }

    private async ValueTask RangeAsUserAsync(RpcServerCall call, RangeRequest request, IBufferWriter<byte> reply)
    {
        Caller caller = await _access.CallerOfAsync(call).ConfigureAwait(false);
        if (_keys.TryRange(request, caller, out RangeReply? result))
        {
            Write(call, result, reply);
        }
        else
        {
            await ConfirmedRangeAsync(call, request, caller, reply).ConfigureAwait(false);
        }
    }

    private async ValueTask ConfirmedRangeAsync(RpcServerCall call, RangeRequest request, Caller caller, IBufferWriter<byte> reply) =>
        Write(call, await _keys.ConfirmedRangeAsync(request, caller, call.CancellationToken).ConfigureAwait(false), reply);

    private void Write(RpcServerCall call, RangeReply result, IBufferWriter<byte> reply)
    {
        using (result)
        {
            call.ReplyItems = result.KeyValueCount;
            ReplyHead.Write(reply, _headers, result.Revision);
            result.WriteKeyValuesTo(reply);
            ReplyHead.WriteField(reply, MoreTag, result.More ? 1UL : 0);
            ReplyHead.WriteField(reply, CountTag, (ulong)result.Count);
        }
    }
}
