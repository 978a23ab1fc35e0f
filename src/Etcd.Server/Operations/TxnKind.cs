using Etcd.Protocol.Rpc;

namespace Etcd.Server.Operations;

/// <summary>Tells which way a transaction goes.</summary>
internal static class TxnKind
{
    /// <summary>Whether no branch, however deep, writes.</summary>
    internal static bool IsReadOnly(TxnRequest txn) => txn.Success.All(IsReadOnly) && txn.Failure.All(IsReadOnly);

    /// <summary>Whether it reads, and all its reads ask only for this member's state.</summary>
    /// <remarks>One that only compares says nothing of the kind and is answered like a linearizable read. Etcd takes it for serializable, as it has
    /// no read that is not, and answers from the state of a member that may be behind.</remarks>
    internal static bool IsSerializable(TxnRequest txn) => Reads(txn) && ReadsSerializably(txn);

    private static bool IsReadOnly(RequestOp operation) => operation.RequestCase switch
    {
        RequestOp.RequestOneofCase.RequestRange => true,
        RequestOp.RequestOneofCase.RequestTxn => IsReadOnly(operation.RequestTxn),
        _ => false,
    };

    private static bool Reads(TxnRequest txn) => txn.Success.Any(Reads) || txn.Failure.Any(Reads);

    private static bool Reads(RequestOp operation) => operation.RequestCase switch
    {
        RequestOp.RequestOneofCase.RequestRange => true,
        RequestOp.RequestOneofCase.RequestTxn => Reads(operation.RequestTxn),
        _ => false,
    };

    private static bool ReadsSerializably(TxnRequest txn) => txn.Success.All(ReadsSerializably) && txn.Failure.All(ReadsSerializably);

    private static bool ReadsSerializably(RequestOp operation) => operation.RequestCase switch
    {
        RequestOp.RequestOneofCase.RequestRange => operation.RequestRange.Serializable,
        RequestOp.RequestOneofCase.RequestTxn => ReadsSerializably(operation.RequestTxn),
        _ => true,
    };
}
