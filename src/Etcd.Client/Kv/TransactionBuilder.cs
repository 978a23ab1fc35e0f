using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>Collects a transaction and runs it.</summary>
public sealed class TransactionBuilder
{
    private readonly KvClient _kv;

    internal TransactionBuilder(KvClient kv) => _kv = kv;

    /// <summary>The transaction so far.</summary>
    public TxnRequest Request { get; } = new();

    /// <summary>Adds conditions, as <see cref="Conditions"/> makes them. All must hold; none at all hold.</summary>
    public TransactionBuilder If(params ReadOnlySpan<Compare> conditions)
    {
        foreach (Compare condition in conditions)
        {
            Request.Compare.Add(condition);
        }

        return this;
    }

    /// <summary>Adds operations for when the conditions hold, as <see cref="Operations"/> makes them.</summary>
    public TransactionBuilder Then(params ReadOnlySpan<RequestOp> operations)
    {
        foreach (RequestOp operation in operations)
        {
            Request.Success.Add(operation);
        }

        return this;
    }

    /// <summary>Adds operations for when a condition does not hold.</summary>
    public TransactionBuilder Else(params ReadOnlySpan<RequestOp> operations)
    {
        foreach (RequestOp operation in operations)
        {
            Request.Failure.Add(operation);
        }

        return this;
    }

    /// <summary>Runs the transaction.</summary>
    /// <exception cref="Grpc.RpcException">The call failed; InvalidArgument for too many or duplicate operations.</exception>
    public Task<TxnResponse> CommitAsync(CancellationToken cancellationToken = default) =>
        _kv.TransactionAsync(Request, cancellationToken);
}
