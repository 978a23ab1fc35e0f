using System.Runtime.CompilerServices;
using Etcd.Client.Calls;
using Etcd.Grpc;
using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>Reads and changes keys.</summary>
/// <remarks>Reads are repeated on another endpoint when one fails. Changes are repeated only when the request surely did not leave; otherwise
/// the call fails with Unavailable and the change may or may not have been made.</remarks>
public sealed class KvClient
{
    private readonly CallInvoker _calls;

    internal KvClient(CallInvoker calls) => _calls = calls;

    /// <summary>Reads a key or a range of keys.</summary>
    /// <exception cref="Grpc.RpcException">The call failed; OutOfRange for a revision that is compacted or in the future.</exception>
    public Task<RangeResponse> GetAsync(KeyRange range, GetOptions? options = null, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(Methods.Range, Requests.Range(range, options), CallKind.Repeatable, cancellationToken);

    /// <summary>Reads a range of keys piece by piece, all at one revision: for ranges that are too large for one reply.</summary>
    /// <param name="range">The keys.</param>
    /// <param name="options">As for <see cref="GetAsync"/>, without an order other than by key and without bounds of revisions.</param>
    /// <param name="cancellationToken">Gives the reading up.</param>
    /// <returns>The pieces, in the order of their keys. The last one has header, count and whether the limit cut the range.</returns>
    /// <remarks>Servers of etcd have it from 3.7 on; earlier ones refuse it as Unimplemented. The stream is not repeated: when it breaks, begin
    /// again.</remarks>
    /// <exception cref="RpcException">The call failed; OutOfRange when the revision was compacted meanwhile.</exception>
    public async IAsyncEnumerable<RangeResponse> GetStreamAsync(
        KeyRange range, GetOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using IEndpointStream<RangeRequest, RangeStreamResponse> stream = await _calls
            .StreamAsync(Methods.RangeStream, requireLeader: false, _calls.CurrentEndpoint, cancellationToken).ConfigureAwait(false);
        await stream.WriteAsync(Requests.Range(range, options), cancellationToken).ConfigureAwait(false);
        await stream.CompleteAsync(cancellationToken).ConfigureAwait(false);
        while (await stream.ReadAsync(cancellationToken).ConfigureAwait(false) is { } piece)
        {
            yield return piece.RangeResponse;
        }
    }

    /// <summary>Sets a key.</summary>
    /// <exception cref="Grpc.RpcException">The call failed; NotFound for an unknown lease, ResourceExhausted when the store is full.</exception>
    public Task<PutResponse> PutAsync(
        EtcdBytes key, EtcdBytes value, PutOptions? options = null, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(Methods.Put, Requests.Put(key, value, options), CallKind.Write, cancellationToken);

    /// <summary>Deletes a key or a range of keys. Deleting nothing is no error.</summary>
    /// <param name="range">The keys.</param>
    /// <param name="previousKeyValues">Return the keys as they were.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="Grpc.RpcException">The call failed.</exception>
    public Task<DeleteRangeResponse> DeleteAsync(
        KeyRange range, bool previousKeyValues = false, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(Methods.DeleteRange, Requests.Delete(range, previousKeyValues), CallKind.Write, cancellationToken);

    /// <summary>Starts a transaction: conditions, operations when all hold, operations when one does not.</summary>
    public TransactionBuilder Transaction() => new(this);

    /// <summary>Runs a transaction.</summary>
    /// <exception cref="Grpc.RpcException">The call failed; InvalidArgument for too many or duplicate operations.</exception>
    public Task<TxnResponse> TransactionAsync(TxnRequest request, CancellationToken cancellationToken = default) =>
        _calls.UnaryAsync(Methods.Txn, request, CallKind.Write, cancellationToken);

    /// <summary>Forgets the history of keys before a revision.</summary>
    /// <param name="revision">Oldest revision that can still be read afterwards.</param>
    /// <param name="waitForRemoval">Wait until the history has left the file.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="Grpc.RpcException">The call failed; OutOfRange when compacted already or in the future.</exception>
    public Task<CompactionResponse> CompactAsync(
        long revision, bool waitForRemoval = false, CancellationToken cancellationToken = default)
    {
        CompactionRequest request = new() { Revision = revision, Physical = waitForRemoval };
        return _calls.UnaryAsync(Methods.Compact, request, CallKind.Write, cancellationToken);
    }
}
