using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>Makes the operations of a transaction.</summary>
public static class Operations
{
    /// <summary>Sets a key.</summary>
    public static RequestOp Put(EtcdBytes key, EtcdBytes value, PutOptions? options = null) =>
        new() { RequestPut = Requests.Put(key, value, options) };

    /// <summary>Reads keys.</summary>
    public static RequestOp Get(KeyRange range, GetOptions? options = null) =>
        new() { RequestRange = Requests.Range(range, options) };

    /// <summary>Deletes keys.</summary>
    /// <param name="range">The keys.</param>
    /// <param name="previousKeyValues">Return the keys as they were.</param>
    public static RequestOp Delete(KeyRange range, bool previousKeyValues = false) =>
        new() { RequestDeleteRange = Requests.Delete(range, previousKeyValues) };

    /// <summary>A transaction inside the transaction.</summary>
    public static RequestOp Transaction(TxnRequest transaction) => new() { RequestTxn = transaction };
}
