using Etcd.Client.Calls;
using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;
using Etcd.Proxy.Upstreams;

namespace Etcd.Proxy.Kv;

/// <summary>etcdserverpb.KV: serializable reads from memory where possible, everything else from the cluster.</summary>
internal sealed class KvRelay(Upstream upstream, NamespacedMessages names, RangeCache cache, SerializableOrder? order, ProxyFigures figures, TimeProvider time)
{
    // etcd's own text.
    private static readonly RpcException NoNewerMember =
        new(RpcStatusCode.Unknown, "etcdclient: no cluster members have a revision higher than the previously received revision");

    internal void AddTo(RpcServiceTable table)
    {
        table.AddUnary(Methods.Range.Service, Methods.Range.Name, RangeRequest.Parser, RangeAsync);
        table.AddUnary(Methods.Put.Service, Methods.Put.Name, PutRequest.Parser, PutAsync);
        table.AddUnary(Methods.DeleteRange.Service, Methods.DeleteRange.Name, DeleteRangeRequest.Parser, DeleteAsync);
        table.AddUnary(Methods.Txn.Service, Methods.Txn.Name, TxnRequest.Parser, TxnAsync);
        table.AddUnary(Methods.Compact.Service, Methods.Compact.Name, CompactionRequest.Parser, CompactAsync);
    }

    private async ValueTask<RangeResponse> RangeAsync(RpcServerCall call, RangeRequest request)
    {
        names.Outward(request);
        ForwardedCredentials credentials = ForwardedCredentials.Of(call);
        string owner = credentials.Token ?? credentials.Authorization ?? string.Empty;
        if (request.Serializable)
        {
            if (cache.TryFind(owner, request, out RangeResponse? known) && order?.TryShow(known.Header.Revision) != false)
            {
                figures.CountCacheHit();
                return known;
            }

            figures.CountCacheMiss();
        }

        long asked = time.GetTimestamp();
        RangeResponse reply = await AskAsync(request, credentials, call.CancellationToken).ConfigureAwait(false);
        names.Inward(reply);

        // What is true now is good enough for whoever asks for less.
        request.Serializable = true;
        cache.Remember(owner, request, reply, asked);
        return reply;
    }

    private async ValueTask<RangeResponse> AskAsync(RangeRequest request, ForwardedCredentials credentials, CancellationToken cancellationToken)
    {
        for (int attempt = upstream.Endpoints.Count; attempt > 0; attempt--)
        {
            string target = upstream.Current;
            RangeResponse reply = await upstream
                .UnaryAsync(Methods.Range, request, credentials, isRepeatable: true, cancellationToken).ConfigureAwait(false);
            if (order?.TryShow(reply.Header.Revision) != false)
            {
                return reply;
            }

            upstream.MoveOnFrom(target);
        }

        throw NoNewerMember;
    }

    private async ValueTask<PutResponse> PutAsync(RpcServerCall call, PutRequest request)
    {
        names.Outward(request);
        PutResponse reply = await WriteAsync(Methods.Put, request, call, [new KeyInterval(request.Key, Google.Protobuf.ByteString.Empty)])
            .ConfigureAwait(false);
        order?.TryShow(reply.Header.Revision);
        names.Inward(reply);
        return reply;
    }

    private async ValueTask<DeleteRangeResponse> DeleteAsync(RpcServerCall call, DeleteRangeRequest request)
    {
        names.Outward(request);
        DeleteRangeResponse reply = await WriteAsync(Methods.DeleteRange, request, call, [new KeyInterval(request.Key, request.RangeEnd)])
            .ConfigureAwait(false);
        order?.TryShow(reply.Header.Revision);
        names.Inward(reply);
        return reply;
    }

    private async ValueTask<TxnResponse> TxnAsync(RpcServerCall call, TxnRequest request)
    {
        names.Outward(request);
        TxnResponse reply = await WriteAsync(Methods.Txn, request, call, [.. WrittenKeys.Of(request)]).ConfigureAwait(false);
        order?.TryShow(reply.Header.Revision);
        names.Inward(reply);
        return reply;
    }

    private async ValueTask<CompactionResponse> CompactAsync(RpcServerCall call, CompactionRequest request)
    {
        CompactionResponse reply = await WriteAsync(Methods.Compact, request, call, []).ConfigureAwait(false);
        cache.Compact(request.Revision);
        return reply;
    }

    // What a write may have changed is forgotten whatever its outcome: a call that failed may have been carried out.
    private async ValueTask<TReply> WriteAsync<TRequest, TReply>(
        RpcMethod<TRequest, TReply> method, TRequest request, RpcServerCall call, KeyInterval[] written)
        where TRequest : Google.Protobuf.IMessage<TRequest>
        where TReply : Google.Protobuf.IMessage<TReply>
    {
        try
        {
            return await upstream
                .UnaryAsync(method, request, ForwardedCredentials.Of(call), isRepeatable: false, call.CancellationToken).ConfigureAwait(false);
        }
        finally
        {
            foreach (KeyInterval interval in written)
            {
                cache.Drop(interval);
            }
        }
    }
}
