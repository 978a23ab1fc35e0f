using Etcd.Protocol.Rpc;
using Etcdctl.Text;
using Google.Protobuf.Collections;

namespace Etcdctl.Output;

/// <summary>Members as JSON.</summary>
internal sealed class JsonMembers(JsonText json, JsonHeaders headers)
{
    /// <summary>Writes the members after a change.</summary>
    public void Write(ResponseHeader? header, RepeatedField<Member> members)
    {
        json.BeginObject();
        headers.Write(header);
        List(members);
        json.EndObject();
    }

    /// <summary>Writes the fields of a list of members.</summary>
    public void Fields(MemberListResponse reply)
    {
        headers.Write(reply.Header);
        List(reply.Members);
    }

    /// <summary>Writes the fields of a list of members with hexadecimal ids.</summary>
    /// <remarks>This form is a record of its own in etcdctl: no revision, no learner mark, members with all fields, and <c>clientURLS</c> in this spelling.</remarks>
    public void HexFields(MemberListResponse reply)
    {
        json.Name("header");
        json.BeginObject();
        json.Name("cluster_id");
        json.Value(GoNumber.Hex(reply.Header?.ClusterId ?? 0));
        json.Name("member_id");
        json.Value(GoNumber.Hex(reply.Header?.MemberId ?? 0));
        json.Optional("raft_term", reply.Header?.RaftTerm ?? 0);
        json.EndObject();
        json.Name("members");
        json.BeginArray();
        foreach (Member member in reply.Members)
        {
            json.BeginObject();
            json.Name("ID");
            json.Value(GoNumber.Hex(member.ID));
            json.Name("name");
            json.Value(member.Name);
            UrlsOrNull("peerURLs", member.PeerURLs);
            UrlsOrNull("clientURLS", member.ClientURLs);
            json.EndObject();
        }

        json.EndArray();
    }

    /// <summary>Writes one member.</summary>
    public void Write(Member member)
    {
        json.BeginObject();
        json.Optional("ID", member.ID);
        json.Optional("name", member.Name);
        json.Optional("peerURLs", member.PeerURLs);
        json.Optional("clientURLs", member.ClientURLs);
        json.Optional("isLearner", member.IsLearner);
        json.EndObject();
    }

    /// <summary>Writes the field <c>members</c>, where there are any.</summary>
    public void List(RepeatedField<Member> members)
    {
        if (members.Count == 0)
        {
            return;
        }

        json.Name("members");
        json.BeginArray();
        foreach (Member member in members)
        {
            Write(member);
        }

        json.EndArray();
    }

    private void UrlsOrNull(string name, RepeatedField<string> urls)
    {
        json.Name(name);
        if (urls.Count == 0)
        {
            json.Null();
        }
        else
        {
            json.Values(urls);
        }
    }
}
