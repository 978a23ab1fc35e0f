using System.Buffers;

using Etcd.Api.Limits;
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
    private readonly ReplyMemory _memory;

    internal KeyValueService(EtcdServer server, CallAccess access, ReplyMemory memory)
    {
        _memory = memory;
        _server = server;
        _access = access;
        _keys = server.KeyValues;
        _headers = server.Headers;
    }

    internal void AddTo(RpcServiceTable table)
    {
        table.AddUnary(ServiceNames.KeyValue, "Range", RangeAsync);
        table.AddServerStream(
            ServiceNames.KeyValue, "RangeStream", RangeRequest.Parser, new RangeStreamHandler(_server, _access, _memory).HandleAsync);
        table.AddUnary(ServiceNames.KeyValue, "Put", PutRequest.Parser, PutAsync);
        table.AddUnary(ServiceNames.KeyValue, "DeleteRange", DeleteRangeRequest.Parser, DeleteRangeAsync);
        table.AddUnary(ServiceNames.KeyValue, "Txn", TxnRequest.Parser, TxnAsync);
        table.AddUnary(ServiceNames.KeyValue, "Compact", CompactionRequest.Parser, CompactAsync);
    }

    private ValueTask<PutResponse> PutAsync(RpcServerCall call, PutRequest request)
    {
        return _access.IsNeeded || request.PrevKv ? AsUserAsync(call, request) : _keys.PutAsync(request);

        // What it needs is passed: a capture would cost those who are not asked.
        async ValueTask<PutResponse> AsUserAsync(RpcServerCall call, PutRequest request)
        {
            Caller caller = await _access.CallerOfAsync(call).ConfigureAwait(false);
            if (request.PrevKv && _memory.IsBounded)
            {
                await _keys.RequireAllowedAsync(request, caller).ConfigureAwait(false);
                await TakeAsync(call, TxnMeasure.Of(call, _keys, request)).ConfigureAwait(false);
            }

            PutResponse reply = await _keys.PutAsync(request, caller).ConfigureAwait(false);
            if (reply.PrevKv is not null)
            {
                CountWritten(call, TxnMeasure.OfReply(call, reply));
            }

            return reply;
        }
    }

    private ValueTask<TxnResponse> TxnAsync(RpcServerCall call, TxnRequest request)
    {
        return _access.IsNeeded || (_memory.IsBounded && TxnMeasure.Reads(request))
            ? AsUserAsync(call, request)
            : _keys.TxnAsync(request, call.CancellationToken);

        async ValueTask<TxnResponse> AsUserAsync(RpcServerCall call, TxnRequest request)
        {
            Caller caller = await _access.CallerOfAsync(call).ConfigureAwait(false);
            if (!_memory.IsBounded || !TxnMeasure.Reads(request))
            {
                return await _keys.TxnAsync(request, caller, call.CancellationToken).ConfigureAwait(false);
            }

            // Taken before it is carried out, however few its keys are: many wait for the log or a read index at the same time, and none of them
            // would see what the others are going to take.
            await _keys.RequireAllowedAsync(request, caller).ConfigureAwait(false);
            await TakeAsync(call, TxnMeasure.Of(call, _keys, request)).ConfigureAwait(false);
            TxnResponse reply = await _keys.TxnAsync(request, caller, call.CancellationToken).ConfigureAwait(false);
            CountWritten(call, TxnMeasure.OfReply(call, reply));
            return reply;
        }
    }

    private async ValueTask<DeleteRangeResponse> DeleteRangeAsync(RpcServerCall call, DeleteRangeRequest request)
    {
        Caller caller = await _access.CallerOfAsync(call).ConfigureAwait(false);
        bool isCounted = request.PrevKv && _memory.IsBounded;
        if (isCounted)
        {
            await _keys.RequireAllowedAsync(request, caller).ConfigureAwait(false);
            await TakeAsync(call, TxnMeasure.Of(call, _keys, request)).ConfigureAwait(false);
        }

        DeleteRangeResponse reply = await _keys.DeleteRangeAsync(request, caller).ConfigureAwait(false);
        if (isCounted)
        {
            CountWritten(call, TxnMeasure.OfReply(call, reply));
        }

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

        return WriteOrWaitAsync(call, request, Caller.Anonymous, result, reply);
    }

    private async ValueTask RangeAsUserAsync(RpcServerCall call, RangeRequest request, IBufferWriter<byte> reply)
    {
        Caller caller = await _access.CallerOfAsync(call).ConfigureAwait(false);
        if (_keys.TryRange(request, caller, out RangeReply? result))
        {
            await WriteOrWaitAsync(call, request, caller, result, reply).ConfigureAwait(false);
        }
        else
        {
            await ConfirmedRangeAsync(call, request, caller, reply).ConfigureAwait(false);
        }
    }

    private async ValueTask ConfirmedRangeAsync(RpcServerCall call, RangeRequest request, Caller caller, IBufferWriter<byte> reply)
    {
        RangeReply result = await _keys.ConfirmedRangeAsync(request, caller, call.CancellationToken).ConfigureAwait(false);
        await WriteOrWaitAsync(call, request, caller, result, reply).ConfigureAwait(false);
    }

    // What is written cannot be taken back, so room is looked for before. Few keys are written at once while there is plenty, and counted then.
    private ValueTask WriteOrWaitAsync(RpcServerCall call, RangeRequest request, Caller caller, RangeReply result, IBufferWriter<byte> reply)
    {
        if (!_memory.IsBounded || result.KeyValueCount == 0 || (result.KeyValueCount <= ReplyWeight.FewKeys && _memory.IsCalm))
        {
            Write(call, result, reply);
            return default;
        }

        long bytes;
        try
        {
            bytes = ReplyWeight.OfRange(call, result, exactly: !_memory.IsCalm);
        }
        catch
        {
            result.Dispose();
            throw;
        }

        if (bytes < ReplyMemory.SmallBytes)
        {
            Write(call, result, reply);
            return default;
        }

        ValueTask<ReplyShare> share = _memory.TakeAsync(bytes, call.CancellationToken);
        if (share.IsCompletedSuccessfully)
        {
            call.HeldUntilSent = share.Result;
            Write(call, result, reply);
            return default;
        }

        // Nothing is held while it waits.
        result.Dispose();
        return WriteLaterAsync(call, request, caller, share, reply);
    }

    private async ValueTask WriteLaterAsync(
        RpcServerCall call, RangeRequest request, Caller caller, ValueTask<ReplyShare> share, IBufferWriter<byte> reply)
    {
        call.HeldUntilSent = await share.ConfigureAwait(false);

        // What was confirmed before the wait is still so: this member's state only goes forward.
        RangeRequest again = request.Clone();
        again.Serializable = true;
        if (!_keys.TryRange(again, caller, out RangeReply? result))
        {
            throw new InvalidOperationException("a serializable range waits for nobody");
        }

        Write(call, result, reply);
    }

    private async ValueTask TakeAsync(RpcServerCall call, long bytes)
    {
        if (bytes >= ReplyMemory.SmallBytes)
        {
            call.HeldUntilSent = await _memory.TakeAsync(bytes, call.CancellationToken).ConfigureAwait(false);
        }
    }

    private void CountWritten(RpcServerCall call, long bytes)
    {
        if (call.HeldUntilSent is ReplyShare share)
        {
            share.Correct(bytes);
        }
        else if (bytes >= ReplyMemory.SmallBytes && _memory.IsBounded)
        {
            call.HeldUntilSent = _memory.TakeWritten(bytes);
        }
    }

    private void Write(RpcServerCall call, RangeReply result, IBufferWriter<byte> reply)
    {
        using (result)
        {
            int keys = result.KeyValueCount;
            call.ReplyItems = keys;
            ReplyHead.Write(reply, _headers, result.Revision);
            long bytes = result.WriteKeyValuesTo(reply);
            ReplyHead.WriteField(reply, MoreTag, result.More ? 1UL : 0);
            ReplyHead.WriteField(reply, CountTag, (ulong)result.Count);
            if (bytes >= ReplyMemory.SmallBytes)
            {
                CountWritten(call, ReplyWeight.OfRange(call, bytes, keys));
            }
        }
    }
}
