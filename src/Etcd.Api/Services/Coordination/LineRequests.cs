using System.Globalization;
using System.Text;

using Etcd.Protocol.Rpc;

using Google.Protobuf;

namespace Etcd.Api.Services.Coordination;

/// <summary>The keys and transactions of a line, as all clients of etcd write them: <c>name/lease</c>, the lease in hexadecimal, the oldest creation first.</summary>
internal static class LineRequests
{
    private const byte Separator = (byte)'/';
    private const byte AfterSeparator = (byte)'0';

    /// <summary>What the keys of a line begin with.</summary>
    internal static ByteString PrefixOf(ByteString name) => ByteString.CopyFrom([.. name.Span, Separator]);

    /// <summary>The key of one lease in a line.</summary>
    internal static ByteString KeyOf(ByteString prefix, long lease) =>
        ByteString.CopyFrom([.. prefix.Span, .. Encoding.ASCII.GetBytes(lease.ToString("x", CultureInfo.InvariantCulture))]);

    /// <summary>The key after all keys of a line.</summary>
    internal static ByteString EndOf(ByteString prefix) => ByteString.CopyFrom([.. prefix.Span[..^1], AfterSeparator]);

    /// <summary>Takes a place, or finds the one that the lease has: the second case carries the key. Both carry the first of the line.</summary>
    internal static TxnRequest Join(ByteString prefix, ByteString key, long lease, ByteString value)
    {
        RequestOp first = First(prefix);
        return new TxnRequest
        {
            Compare = { CreatedAt(key, revision: 0) },
            Success = { Put(key, value, lease), first },
            Failure = { Get(key), first },
        };
    }

    /// <summary>Reads who comes right before a place, and the place itself.</summary>
    internal static TxnRequest LookAhead(Place place) => new()
    {
        Success =
        {
            new RequestOp
            {
                RequestRange = new RangeRequest
                {
                    Key = place.Line,
                    RangeEnd = EndOf(place.Line),
                    SortTarget = RangeRequest.Types.SortTarget.Create,
                    SortOrder = RangeRequest.Types.SortOrder.Descend,
                    Limit = 1,
                    MaxCreateRevision = place.Revision - 1,
                    KeysOnly = true,
                },
            },
            Get(place.Key),
        },
    };

    /// <summary>Reads the first of a line.</summary>
    internal static TxnRequest LookAtFirst(ByteString prefix) => new() { Success = { First(prefix) } };

    /// <summary>Changes the value of a key that is still the one created at a revision.</summary>
    internal static TxnRequest Replace(ByteString key, long revision, ByteString value, long lease) => new()
    {
        Compare = { CreatedAt(key, revision) },
        Success = { Put(key, value, lease) },
    };

    /// <summary>Deletes a key that is still the one created at a revision.</summary>
    internal static TxnRequest Remove(ByteString key, long revision) => new()
    {
        Compare = { CreatedAt(key, revision) },
        Success = { new RequestOp { RequestDeleteRange = new DeleteRangeRequest { Key = key } } },
    };

    private static Compare CreatedAt(ByteString key, long revision) => new()
    {
        Key = key,
        Target = Compare.Types.CompareTarget.Create,
        Result = Compare.Types.CompareResult.Equal,
        CreateRevision = revision,
    };

    private static RequestOp Put(ByteString key, ByteString value, long lease) =>
        new() { RequestPut = new PutRequest { Key = key, Value = value, Lease = lease } };

    private static RequestOp Get(ByteString key) => new() { RequestRange = new RangeRequest { Key = key } };

    private static RequestOp First(ByteString prefix) => new()
    {
        RequestRange = new RangeRequest
        {
            Key = prefix,
            RangeEnd = EndOf(prefix),
            SortTarget = RangeRequest.Types.SortTarget.Create,
            SortOrder = RangeRequest.Types.SortOrder.Ascend,
            Limit = 1,
        },
    };
}
