using Etcd.Protocol.Rpc;

namespace Etcd.Server.Operations;

/// <summary>Tells which way a transaction goes.</summary>
internal static class TxnKind
{
    /// <summary>Whether no branch, however deep, writes.</summary>
    internal static bool IsReadOnly(TxnRequest txn) => txn.Success.All(IsReadOnly) && txn.Failure.All(IsReadOnly);

    /// <summary>Whether all its reads ask only for this member's state.</summary>
    internal static bool IsSerializable(TxnRequest txn) => txn.Success.All(IsSerializable) && txn.Failure.All(IsSerializable);

    private static bool IsReadOnly(RequestOp operation) => operation.RequestCase switch
    {
        RequestOp.RequestOneofCase.RequestRange => true,
        RequestOp.RequestOneofCase.RequestTxn => IsReadOnly(operation.RequestTxn),
        _ => false,
    };

    private static bool IsSerializable(RequestOp operation) => operation.RequestCase switch
    {
        RequestOp.RequestOneofCase.RequestRange => operation.RequestRange.Serializable,
        RequestOp.RequestOneofCase.RequestTxn => IsSerializable(operation.RequestTxn),
        _ => true,
    };
}
