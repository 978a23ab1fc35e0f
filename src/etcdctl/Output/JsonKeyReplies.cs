using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Google.Protobuf.Collections;

namespace Etcdctl.Output;

/// <summary>Replies about keys as JSON.</summary>
internal sealed class JsonKeyReplies(JsonText json, JsonHeaders headers)
{
    public void Write(PutResponse reply)
    {
        json.BeginObject();
        headers.Write(reply.Header);
        KeyValue("prev_kv", reply.PrevKv);
        json.EndObject();
    }

    public void Write(RangeResponse reply)
    {
        json.BeginObject();
        headers.Write(reply.Header);
        KeyValues("kvs", reply.Kvs);
        json.Optional("more", reply.More);
        json.Optional("count", reply.Count);
        json.EndObject();
    }

    public void Write(DeleteRangeResponse reply)
    {
        json.BeginObject();
        headers.Write(reply.Header);
        json.Optional("deleted", reply.Deleted);
        KeyValues("prev_kvs", reply.PrevKvs);
        json.EndObject();
    }

    public void Write(TxnResponse reply)
    {
        json.BeginObject();
        headers.Write(reply.Header);
        json.Optional("succeeded", reply.Succeeded);
        if (reply.Responses.Count > 0)
        {
            json.Name("responses");
            json.BeginArray();
            foreach (ResponseOp response in reply.Responses)
            {
                json.BeginObject();
                json.Name("Response");
                json.BeginObject();
                Write(response);
                json.EndObject();
                json.EndObject();
            }

            json.EndArray();
        }

        json.EndObject();
    }

    /// <summary>Writes a pair as a field, where there is one.</summary>
    public void KeyValue(string name, KeyValue? pair)
    {
        if (pair is not null)
        {
            json.Name(name);
            KeyValueFields(pair);
        }
    }

    private void Write(ResponseOp response)
    {
        switch (response.ResponseCase)
        {
            case ResponseOp.ResponseOneofCase.ResponseRange:
                json.Name("response_range");
                Write(response.ResponseRange);
                break;
            case ResponseOp.ResponseOneofCase.ResponsePut:
                json.Name("response_put");
                Write(response.ResponsePut);
                break;
            case ResponseOp.ResponseOneofCase.ResponseDeleteRange:
                json.Name("response_delete_range");
                Write(response.ResponseDeleteRange);
                break;
            case ResponseOp.ResponseOneofCase.ResponseTxn:
                json.Name("response_txn");
                Write(response.ResponseTxn);
                break;
        }
    }

    private void KeyValues(string name, RepeatedField<KeyValue> pairs)
    {
        if (pairs.Count == 0)
        {
            return;
        }

        json.Name(name);
        json.BeginArray();
        foreach (KeyValue pair in pairs)
        {
            KeyValueFields(pair);
        }

        json.EndArray();
    }

    private void KeyValueFields(KeyValue pair)
    {
        json.BeginObject();
        json.Optional("key", pair.Key);
        json.Optional("create_revision", pair.CreateRevision);
        json.Optional("mod_revision", pair.ModRevision);
        json.Optional("version", pair.Version);
        json.Optional("value", pair.Value);
        json.Optional("lease", pair.Lease);
        json.EndObject();
    }
}
