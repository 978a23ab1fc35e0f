using Etcd.Client.Calls;
using Etcd.Grpc;
using Etcd.Grpc.Server;
using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;
using Etcd.Proxy.Leasing;
using Etcd.Proxy.Upstreams;

using Google.Protobuf;

namespace Etcd.Proxy.Kv;

/// <summary>etcdserverpb.KV: serializable reads, and reads of keys that the proxy owns, from memory where possible, everything else from the cluster.</summary>
/// <param name="upstream">The cluster.</param>
/// <param name="names">The namespace.</param>
/// <param name="cache">Replies to serializable reads.</param>
/// <param name="order">Keeps reads in order; <see langword="null"/> where that is not asked for.</param>
/// <param name="leasing">Keys that proxies own; <see langword="null"/> where they own none.</param>
/// <param name="figures">What is counted.</param>
/// <param name="time">The clock.</param>
internal sealed class KvRelay(
    Upstream upstream, NamespacedMessages names, RangeCache cache, SerializableOrder? order, LeasingKv? leasing, ProxyFigures figures, TimeProvider time)
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
        ByteString key = request.Key;
        names.Outward(request);
        ForwardedCredentials credentials = ForwardedCredentials.Of(call);
        if (leasing is not null
            && await leasing.TryReadAsync(request, key, credentials, call.CancellationToken).ConfigureAwait(false) is { } owned
            && order?.TryShow(owned.Header.Revision) != false)
        {
            return owned;
        }

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
        leasing?.Saw(reply.Header);
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
        var written = new KeyInterval(request.Key, ByteString.Empty);
        names.Outward(request);
        PutResponse reply = await WriteAsync(
            () => leasing is null
                ? AskAsync(Methods.Put, request, call)
                : leasing.PutAsync(request, written, ForwardedCredentials.Of(call), call.CancellationToken),
            [new KeyInterval(request.Key, ByteString.Empty)]).ConfigureAwait(false);
        order?.TryShow(reply.Header.Revision);
        names.Inward(reply);
        return reply;
    }

    private async ValueTask<DeleteRangeResponse> DeleteAsync(RpcServerCall call, DeleteRangeRequest request)
    {
        var written = new KeyInterval(request.Key, request.RangeEnd);
        names.Outward(request);
        DeleteRangeResponse reply = await WriteAsync(
            () => leasing is null
                ? AskAsync(Methods.DeleteRange, request, call)
                : leasing.DeleteAsync(request, written, ForwardedCredentials.Of(call), call.CancellationToken),
            [new KeyInterval(request.Key, request.RangeEnd)]).ConfigureAwait(false);
        order?.TryShow(reply.Header.Revision);
        names.Inward(reply);
        return reply;
    }

    private async ValueTask<TxnResponse> TxnAsync(RpcServerCall call, TxnRequest request)
    {
        KeyInterval[] written = [.. WrittenKeys.Of(request).Distinct()];
        names.Outward(request);
        TxnResponse reply = await WriteAsync(
            () => leasing is null || written.Length == 0
                ? AskAsync(Methods.Txn, request, call)
                : leasing.CommitAsync(request, written, ForwardedCredentials.Of(call), call.CancellationToken),
            [.. WrittenKeys.Of(request)]).ConfigureAwait(false);
        leasing?.Saw(reply.Header);
        order?.TryShow(reply.Header.Revision);
        names.Inward(reply);
        return reply;
    }

    private async ValueTask<CompactionResponse> CompactAsync(RpcServerCall call, CompactionRequest request)
    {
        CompactionResponse reply = await AskAsync(Methods.Compact, request, call).ConfigureAwait(false);
        leasing?.Saw(reply.Header);
        cache.Compact(request.Revision);
        return reply;
    }

    private Task<TReply> AskAsync<TRequest, TReply>(RpcMethod<TRequest, TReply> method, TRequest request, RpcServerCall call)
        where TRequest : IMessage<TRequest>
        where TReply : IMessage<TReply> =>
        upstream.UnaryAsync(method, request, ForwardedCredentials.Of(call), isRepeatable: false, call.CancellationToken);

    // What a write may have changed is forgotten whatever its outcome: a call that failed may have been carried out.
    private async ValueTask<TReply> WriteAsync<TReply>(Func<Task<TReply>> writeAsync, KeyInterval[] written)
    {
        try
        {
            return await writeAsync().ConfigureAwait(false);
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
