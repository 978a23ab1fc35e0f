using Etcd.Protocol.Errors;
using Etcd.Protocol.Rpc;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace Etcd.Mvcc.Validation;

/// <summary>Refuses transactions in which one run could change a key twice.</summary>
/// <remarks>
/// Etcd's rule: in one branch no key is put twice and no put falls into a delete. The then and else of a nested transaction
/// may both put a key, for only one of them runs. A nested put is held against the deletes of the levels around it and of
/// the nested transactions before it.
/// </remarks>
internal static class TxnKeyConflicts
{
    /// <summary>Checks both branches.</summary>
    /// <exception cref="EtcdException">A key is changed twice.</exception>
    public static void Check(TxnRequest request)
    {
        CheckBranch(request.Success);
        CheckBranch(request.Failure);
    }

    private static (HashSet<ByteString> Puts, KeyIntervals Deletes) CheckBranch(RepeatedField<RequestOp> operations)
    {
        KeyIntervals deletes = DeletesOf(operations);
        var puts = new HashSet<ByteString>();
        foreach (RequestOp operation in operations)
        {
            if (operation.RequestCase == RequestOp.RequestOneofCase.RequestTxn)
            {
                (HashSet<ByteString> thenPuts, KeyIntervals thenDeletes) = CheckBranch(operation.RequestTxn.Success);
                (HashSet<ByteString> elsePuts, KeyIntervals elseDeletes) = CheckBranch(operation.RequestTxn.Failure);
                thenPuts.UnionWith(elsePuts);
                AddAll(puts, thenPuts, deletes);
                deletes = deletes.Union(thenDeletes).Union(elseDeletes);
            }
        }

        foreach (RequestOp operation in operations)
        {
            if (operation.RequestCase == RequestOp.RequestOneofCase.RequestPut)
            {
                Add(puts, operation.RequestPut.Key, deletes);
            }
        }

        return (puts, deletes);
    }

    private static KeyIntervals DeletesOf(RepeatedField<RequestOp> operations)
    {
        var deletes = new List<KeyInterval>();
        foreach (RequestOp operation in operations)
        {
            if (operation.RequestCase == RequestOp.RequestOneofCase.RequestDeleteRange)
            {
                deletes.Add(KeyInterval.Of(operation.RequestDeleteRange));
            }
        }

        return KeyIntervals.Of(deletes);
    }

    private static void AddAll(HashSet<ByteString> puts, HashSet<ByteString> nested, KeyIntervals deletes)
    {
        foreach (ByteString key in nested)
        {
            Add(puts, key, deletes);
        }
    }

    private static void Add(HashSet<ByteString> puts, ByteString key, KeyIntervals deletes)
    {
        if (deletes.Contains(key.Span) || !puts.Add(key))
        {
            throw new EtcdException(EtcdErrorCode.DuplicateKey);
        }
    }
}
