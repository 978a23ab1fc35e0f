using Etcd.Client.Calls;
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
