using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;

namespace Etcd.Mvcc.Validation;

/// <summary>The checks of KV requests that need no store, made before a request is proposed or served.</summary>
/// <remarks>Order and texts are etcd's. Applying a request does not depend on them for safety, only for a proper answer.</remarks>
public static class RequestValidator
{
    /// <summary>Checks a range.</summary>
    /// <exception cref="EtcdException">Empty key, or an unknown sort order or target (incident #13554).</exception>
    public static void Check(RangeRequest request)
    {
        if (request.Key.IsEmpty)
        {
            throw new EtcdException(EtcdErrorCode.EmptyKey);
        }

        if (request.SortOrder is < RangeRequest.Types.SortOrder.None or > RangeRequest.Types.SortOrder.Descend
            || request.SortTarget is < RangeRequest.Types.SortTarget.Key or > RangeRequest.Types.SortTarget.Value)
        {
            throw new EtcdException(EtcdErrorCode.InvalidSortOption);
        }
    }

    /// <summary>Checks a put.</summary>
    /// <exception cref="EtcdException">Empty key, or a value or lease beside the flag that says to keep the old one.</exception>
    public static void Check(PutRequest request)
    {
        if (request.Key.IsEmpty)
        {
            throw new EtcdException(EtcdErrorCode.EmptyKey);
        }

        if (request.IgnoreValue && !request.Value.IsEmpty)
        {
            throw new EtcdException(EtcdErrorCode.ValueProvided);
        }

        if (request.IgnoreLease && request.Lease != 0)
        {
            throw new EtcdException(EtcdErrorCode.LeaseProvided);
        }
    }

    /// <summary>Checks a delete.</summary>
    /// <exception cref="EtcdException">Empty key.</exception>
    public static void Check(DeleteRangeRequest request)
    {
        if (request.Key.IsEmpty)
        {
            throw new EtcdException(EtcdErrorCode.EmptyKey);
        }
    }

    /// <summary>Checks a transaction with all that is nested in it.</summary>
    /// <param name="request">The transaction.</param>
    /// <param name="opsMax">Most compares, or operations in one branch; nested transactions share what is left.</param>
    /// <exception cref="EtcdException">Too many operations, a wrong operation, or a key changed twice in one branch.</exception>
    public static void Check(TxnRequest request, int opsMax)
    {
        CheckOperations(request, opsMax);
        TxnKeyConflicts.Check(request);
    }

    private static void CheckOperations(TxnRequest request, int opsMax)
    {
        int ops = Math.Max(request.Compare.Count, Math.Max(request.Success.Count, request.Failure.Count));
        if (ops > opsMax)
        {
            throw new EtcdException(EtcdErrorCode.TooManyOps);
        }

        foreach (Compare compare in request.Compare)
        {
            Check(compare);
        }

        foreach (RequestOp operation in request.Success)
        {
            Check(operation, opsMax - ops);
        }

        foreach (RequestOp operation in request.Failure)
        {
            Check(operation, opsMax - ops);
        }
    }

    private static void Check(Compare compare)
    {
        if (compare.Key.IsEmpty)
        {
            throw new EtcdException(EtcdErrorCode.EmptyKey);
        }

        // Etcd takes unknown values as "holds"; a condition the server does not understand must not count as true.
        if (compare.Result is < Compare.Types.CompareResult.Equal or > Compare.Types.CompareResult.NotEqual
            || compare.Target is < Compare.Types.CompareTarget.Version or > Compare.Types.CompareTarget.Lease)
        {
            throw new EtcdException(EtcdErrorCode.InvalidRequestOption);
        }
    }

    private static void Check(RequestOp operation, int opsLeft)
    {
        switch (operation.RequestCase)
        {
            case RequestOp.RequestOneofCase.RequestRange:
                Check(operation.RequestRange);
                break;
            case RequestOp.RequestOneofCase.RequestPut:
                Check(operation.RequestPut);
                break;
            case RequestOp.RequestOneofCase.RequestDeleteRange:
                Check(operation.RequestDeleteRange);
                break;
            case RequestOp.RequestOneofCase.RequestTxn:
                CheckOperations(operation.RequestTxn, opsLeft);
                break;
            default:
                // An operation without content: this is what etcd answers, oddly.
                throw new EtcdException(EtcdErrorCode.KeyNotFound);
        }
    }
}
