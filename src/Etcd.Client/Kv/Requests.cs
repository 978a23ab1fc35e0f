using Etcd.Protocol.Rpc;

namespace Etcd.Client;

/// <summary>Fills requests from arguments and options.</summary>
internal static class Requests
{
    public static RangeRequest Range(KeyRange range, GetOptions? options)
    {
        RangeRequest request = new() { Key = range.Key.ByteString, RangeEnd = range.End.ByteString };
        if (options is not null)
        {
            request.Limit = options.Limit;
            request.Revision = options.Revision;
            request.SortOrder = options.Order;
            request.SortTarget = options.SortBy;
            request.Serializable = options.Serializable;
            request.KeysOnly = options.KeysOnly;
            request.CountOnly = options.CountOnly;
            request.MinModRevision = options.MinModRevision;
            request.MaxModRevision = options.MaxModRevision;
            request.MinCreateRevision = options.MinCreateRevision;
            request.MaxCreateRevision = options.MaxCreateRevision;
        }

        return request;
    }

    public static PutRequest Put(EtcdBytes key, EtcdBytes value, PutOptions? options)
    {
        PutRequest request = new() { Key = key.ByteString, Value = value.ByteString };
        if (options is not null)
        {
            request.Lease = options.Lease;
            request.PrevKv = options.PreviousKeyValue;
            request.IgnoreValue = options.IgnoreValue;
            request.IgnoreLease = options.IgnoreLease;
        }

        return request;
    }

    public static DeleteRangeRequest Delete(KeyRange range, bool previousKeyValues) =>
        new() { Key = range.Key.ByteString, RangeEnd = range.End.ByteString, PrevKv = previousKeyValues };
}
