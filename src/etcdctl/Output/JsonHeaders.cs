using Etcd.Protocol.Rpc;

namespace Etcdctl.Output;

/// <summary>Headers of replies as JSON.</summary>
internal sealed class JsonHeaders(JsonText json)
{
    /// <summary>Writes it as the field <c>header</c>, where there is one.</summary>
    public void Write(ResponseHeader? header)
    {
        if (header is not null)
        {
            json.Name("header");
            json.BeginObject();
            Fields(header);
            json.EndObject();
        }
    }

    /// <summary>Writes its fields alone.</summary>
    public void Fields(ResponseHeader? header)
    {
        if (header is not null)
        {
            json.Optional("cluster_id", header.ClusterId);
            json.Optional("member_id", header.MemberId);
            json.Optional("revision", header.Revision);
            json.Optional("raft_term", header.RaftTerm);
        }
    }
}
