using Etcd.Protocol.Elections;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Locks;
using Etcd.Protocol.Rpc;

namespace Etcd.Proxy.Keys;

/// <summary>Puts the namespace on every key of a request and takes it off every key of a reply.</summary>
internal sealed class NamespacedMessages(KeyNamespace keys)
{
    internal void Outward(RangeRequest request)
    {
        request.Key = keys.OutwardKey(request.Key);
        request.RangeEnd = keys.OutwardEnd(request.RangeEnd);
    }

    internal void Outward(PutRequest request) => request.Key = keys.OutwardKey(request.Key);

    internal void Outward(DeleteRangeRequest request)
    {
        request.Key = keys.OutwardKey(request.Key);
        request.RangeEnd = keys.OutwardEnd(request.RangeEnd);
    }

    internal void Outward(WatchCreateRequest request)
    {
        request.Key = keys.Outward(request.Key);
        request.RangeEnd = keys.OutwardEnd(request.RangeEnd);
    }

    internal void Outward(TxnRequest request)
    {
        foreach (Compare compare in request.Compare)
        {
            compare.Key = keys.OutwardKey(compare.Key);
            compare.RangeEnd = keys.OutwardEnd(compare.RangeEnd);
        }

        foreach (RequestOp operation in request.Success.Concat(request.Failure))
        {
            Outward(operation);
        }
    }

    internal void Outward(LockRequest request) => request.Name = keys.Outward(request.Name);

    internal void Outward(UnlockRequest request) => request.Key = keys.Outward(request.Key);

    internal void Outward(CampaignRequest request) => request.Name = keys.Outward(request.Name);

    internal void Outward(LeaderRequest request) => request.Name = keys.Outward(request.Name);

    internal void Outward(ProclaimRequest request) => Outward(request.Leader);

    internal void Outward(ResignRequest request) => Outward(request.Leader);

    internal void Inward(RangeResponse reply) => Inward(reply.Kvs);

    internal void Inward(PutResponse reply) => Inward(reply.PrevKv);

    internal void Inward(DeleteRangeResponse reply) => Inward(reply.PrevKvs);

    internal void Inward(TxnResponse reply)
    {
        foreach (ResponseOp operation in reply.Responses)
        {
            Inward(operation);
        }
    }

    internal void Inward(Event change)
    {
        Inward(change.Kv);
        Inward(change.PrevKv);
    }

    internal void Inward(LeaseTimeToLiveResponse reply)
    {
        for (int index = 0; index < reply.Keys.Count; index++)
        {
            reply.Keys[index] = keys.Inward(reply.Keys[index]);
        }
    }

    internal void Inward(LockResponse reply) => reply.Key = keys.Inward(reply.Key);

    internal void Inward(CampaignResponse reply)
    {
        if (reply.Leader is { } leader)
        {
            leader.Name = keys.Inward(leader.Name);
            leader.Key = keys.Inward(leader.Key);
        }
    }

    internal void Inward(LeaderResponse reply) => Inward(reply.Kv);

    private void Outward(LeaderKey? leader)
    {
        if (leader is not null)
        {
            leader.Name = keys.Outward(leader.Name);
            leader.Key = keys.Outward(leader.Key);
        }
    }

    private void Outward(RequestOp operation)
    {
        switch (operation.RequestCase)
        {
            case RequestOp.RequestOneofCase.RequestRange:
                Outward(operation.RequestRange);
                break;
            case RequestOp.RequestOneofCase.RequestPut:
                Outward(operation.RequestPut);
                break;
            case RequestOp.RequestOneofCase.RequestDeleteRange:
                Outward(operation.RequestDeleteRange);
                break;
            case RequestOp.RequestOneofCase.RequestTxn:
                Outward(operation.RequestTxn);
                break;
            case RequestOp.RequestOneofCase.None:
            default:
                // The cluster says what it thinks of an operation without content.
                break;
        }
    }

    private void Inward(ResponseOp operation)
    {
        switch (operation.ResponseCase)
        {
            case ResponseOp.ResponseOneofCase.ResponseRange:
                Inward(operation.ResponseRange);
                break;
            case ResponseOp.ResponseOneofCase.ResponsePut:
                Inward(operation.ResponsePut);
                break;
            case ResponseOp.ResponseOneofCase.ResponseDeleteRange:
                Inward(operation.ResponseDeleteRange);
                break;
            case ResponseOp.ResponseOneofCase.ResponseTxn:
                Inward(operation.ResponseTxn);
                break;
            case ResponseOp.ResponseOneofCase.None:
            default:
                break;
        }
    }

    private void Inward(IEnumerable<KeyValue> pairs)
    {
        foreach (KeyValue pair in pairs)
        {
            Inward(pair);
        }
    }

    private void Inward(KeyValue? pair)
    {
        if (pair is not null)
        {
            pair.Key = keys.Inward(pair.Key);
        }
    }
}
