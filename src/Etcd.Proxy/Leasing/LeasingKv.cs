using Etcd.Protocol.Rpc;
using Etcd.Proxy.Keys;
using Etcd.Proxy.Upstreams;

using Google.Protobuf;

namespace Etcd.Proxy.Leasing;

/// <summary>Reads and writes of keys that proxies own: <c>--experimental-leasing-prefix</c>.</summary>
internal sealed class LeasingKv(LeasingCluster cluster, OwnedReads reads, GuardedWrites writes)
{
    /// <summary>A header has come from the cluster by another way.</summary>
    internal void Saw(ResponseHeader header) => cluster.Saw(header);

    /// <summary>A read to be tried before the cluster is asked.</summary>
    /// <inheritdoc cref="OwnedReads.TryReadAsync"/>
    internal ValueTask<RangeResponse?> TryReadAsync(
        RangeRequest request, ByteString key, ForwardedCredentials credentials, CancellationToken cancellationToken) =>
        reads.TryReadAsync(request, key, credentials, cancellationToken);

    /// <summary>Puts a key.</summary>
    /// <param name="request">The put, in the cluster's names.</param>
    /// <param name="written">The key, as clients name it.</param>
    /// <param name="credentials">Who writes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<PutResponse> PutAsync(
        PutRequest request, KeyInterval written, ForwardedCredentials credentials, CancellationToken cancellationToken)
    {
        (ResponseHeader header, ResponseOp answer) = await writes
            .WriteAsync([written], new RequestOp { RequestPut = request }, credentials, cancellationToken).ConfigureAwait(false);
        answer.ResponsePut.Header = header;
        return answer.ResponsePut;
    }

    /// <summary>Deletes keys.</summary>
    /// <inheritdoc cref="PutAsync"/>
    internal async Task<DeleteRangeResponse> DeleteAsync(
        DeleteRangeRequest request, KeyInterval written, ForwardedCredentials credentials, CancellationToken cancellationToken)
    {
        (ResponseHeader header, ResponseOp answer) = await writes
            .WriteAsync([written], new RequestOp { RequestDeleteRange = request }, credentials, cancellationToken).ConfigureAwait(false);
        answer.ResponseDeleteRange.Header = header;
        return answer.ResponseDeleteRange;
    }

    /// <summary>Makes a transaction that writes.</summary>
    /// <inheritdoc cref="PutAsync"/>
    internal async Task<TxnResponse> CommitAsync(
        TxnRequest request, IReadOnlyList<KeyInterval> written, ForwardedCredentials credentials, CancellationToken cancellationToken)
    {
        (ResponseHeader header, ResponseOp answer) = await writes
            .WriteAsync(written, new RequestOp { RequestTxn = request }, credentials, cancellationToken).ConfigureAwait(false);
        answer.ResponseTxn.Header = header;
        return answer.ResponseTxn;
    }
}
