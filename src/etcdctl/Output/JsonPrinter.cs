using Etcd.Protocol.Auth;
using Etcd.Protocol.Kv;
using Etcd.Protocol.Rpc;
using Etcdctl.Diagnosis;
using Etcdctl.History;
using Etcdctl.Text;
using Etcdctl.Top;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace Etcdctl.Output;

/// <summary>One JSON value a line. Messages leave out zero fields; the client's own records (watch, leases, health) do not.</summary>
internal sealed class JsonPrinter(OutputWriter output, bool hex) : Printer("json", output)
{
    private readonly JsonText _json = new(output);

    public override void Put(PutResponse reply)
    {
        Fields(reply);
        _json.EndLine();
    }

    public override void Get(RangeResponse reply)
    {
        Fields(reply);
        _json.EndLine();
    }

    public override void Delete(DeleteRangeResponse reply)
    {
        Fields(reply);
        _json.EndLine();
    }

    public override void Transaction(TxnResponse reply)
    {
        Fields(reply);
        _json.EndLine();
    }

    public override void Watch(WatchResponse reply)
    {
        _json.BeginObject();
        _json.Name("Header");
        _json.BeginObject();
        HeaderFields(reply.Header);
        _json.EndObject();
        _json.Name("Events");
        _json.BeginArray();
        foreach (Event change in reply.Events)
        {
            _json.BeginObject();
            _json.Optional("type", (long)change.Type);
            KeyValue("kv", change.Kv);
            KeyValue("prev_kv", change.PrevKv);
            _json.EndObject();
        }

        _json.EndArray();
        _json.Name("CompactRevision");
        _json.Value(reply.CompactRevision);
        _json.Name("Canceled");
        _json.Value(reply.Canceled);
        _json.Name("Created");
        _json.Value(reply.Created);
        _json.EndObject();
        _json.EndLine();
    }

    public override void Grant(LeaseGrantResponse reply)
    {
        _json.BeginObject();
        HeaderFields(reply.Header);
        _json.Name("ID");
        _json.Value(reply.ID);
        _json.Name("TTL");
        _json.Value(reply.TTL);
        _json.Name("Error");
        _json.Value(reply.Error);
        _json.EndObject();
        _json.EndLine();
    }

    public override void Revoke(long leaseId, LeaseRevokeResponse reply)
    {
        _json.BeginObject();
        Header(reply.Header);
        _json.EndObject();
        _json.EndLine();
    }

    public override void KeepAlive(LeaseKeepAliveResponse reply)
    {
        _json.BeginObject();
        HeaderFields(reply.Header);
        _json.Name("ID");
        _json.Value(reply.ID);
        _json.Name("TTL");
        _json.Value(reply.TTL);
        _json.EndObject();
        _json.EndLine();
    }

    public override void TimeToLive(LeaseTimeToLiveResponse reply, bool withKeys)
    {
        _json.BeginObject();
        HeaderFields(reply.Header);
        _json.Name("id");
        _json.Value(reply.ID);
        _json.Name("ttl");
        _json.Value(reply.TTL);
        _json.Name("granted-ttl");
        _json.Value(reply.GrantedTTL);
        _json.Name("keys");
        if (reply.Keys.Count == 0)
        {
            _json.Null();
        }
        else
        {
            _json.BeginArray();
            foreach (ByteString key in reply.Keys)
            {
                _json.Value(key);
            }

            _json.EndArray();
        }

        _json.EndObject();
        _json.EndLine();
    }

    public override void Leases(LeaseLeasesResponse reply)
    {
        _json.BeginObject();
        HeaderFields(reply.Header);
        _json.Name("leases");
        _json.BeginArray();
        foreach (LeaseStatus lease in reply.Leases)
        {
            _json.BeginObject();
            _json.Name("id");
            _json.Value(lease.ID);
            _json.EndObject();
        }

        _json.EndArray();
        _json.EndObject();
        _json.EndLine();
    }

    public override void Alarms(AlarmResponse reply)
    {
        _json.BeginObject();
        Header(reply.Header);
        if (reply.Alarms.Count > 0)
        {
            _json.Name("alarms");
            _json.BeginArray();
            foreach (AlarmMember alarm in reply.Alarms)
            {
                _json.BeginObject();
                _json.Optional("memberID", alarm.MemberID);
                _json.Optional("alarm", (long)alarm.Alarm);
                _json.EndObject();
            }

            _json.EndArray();
        }

        _json.EndObject();
        _json.EndLine();
    }

    public override void Members(MemberListResponse reply)
    {
        _json.BeginObject();
        if (hex)
        {
            HexMemberFields(reply);
        }
        else
        {
            MemberFields(reply);
        }

        _json.EndObject();
        _json.EndLine();
    }

    public override void MemberAdded(MemberAddResponse reply)
    {
        _json.BeginObject();
        Header(reply.Header);
        _json.Name("member");
        Fields(reply.Member);
        MemberList(reply.Members);
        _json.EndObject();
        _json.EndLine();
    }

    public override void MemberRemoved(ulong memberId, MemberRemoveResponse reply) => WriteMembers(reply.Header, reply.Members);

    public override void MemberUpdated(ulong memberId, MemberUpdateResponse reply) => WriteMembers(reply.Header, reply.Members);

    public override void MemberPromoted(ulong memberId, MemberPromoteResponse reply) => WriteMembers(reply.Header, reply.Members);

    public override void LeaderMoved(ulong from, ulong to, MoveLeaderResponse reply)
    {
        _json.BeginObject();
        if (reply.Header is not null)
        {
            Header(reply.Header);
        }

        _json.EndObject();
        _json.EndLine();
    }

    public override void Health(IReadOnlyList<EndpointHealth> endpoints)
    {
        _json.BeginArray();
        foreach (EndpointHealth endpoint in endpoints)
        {
            _json.BeginObject();
            _json.Name("endpoint");
            _json.Value(endpoint.Endpoint);
            _json.Name("health");
            _json.Value(endpoint.IsHealthy);
            _json.Name("took");
            _json.Value(GoDuration.Format(endpoint.Took));
            _json.Optional("error", endpoint.Error);
            _json.EndObject();
        }

        _json.EndArray();
        _json.EndLine();
    }

    public override void Status(IReadOnlyList<EndpointReply<StatusResponse>> endpoints)
    {
        _json.BeginArray();
        foreach ((string endpoint, StatusResponse status) in endpoints)
        {
            _json.BeginObject();
            _json.Name("Endpoint");
            _json.Value(endpoint);
            _json.Name("Status");
            _json.BeginObject();
            Header(status.Header);
            _json.Optional("version", status.Version);
            _json.Optional("dbSize", status.DbSize);
            _json.Optional("leader", status.Leader);
            _json.Optional("raftIndex", status.RaftIndex);
            _json.Optional("raftTerm", status.RaftTerm);
            _json.Optional("raftAppliedIndex", status.RaftAppliedIndex);
            _json.Optional("errors", status.Errors);
            _json.Optional("dbSizeInUse", status.DbSizeInUse);
            _json.Optional("isLearner", status.IsLearner);
            _json.EndObject();
            _json.EndObject();
        }

        _json.EndArray();
        _json.EndLine();
    }

    public override void HashKv(IReadOnlyList<EndpointReply<HashKVResponse>> endpoints)
    {
        _json.BeginArray();
        foreach ((string endpoint, HashKVResponse hash) in endpoints)
        {
            _json.BeginObject();
            _json.Name("Endpoint");
            _json.Value(endpoint);
            _json.Name("HashKV");
            _json.BeginObject();
            Header(hash.Header);
            _json.Optional("hash", hash.Hash);
            _json.Optional("compact_revision", hash.CompactRevision);
            _json.EndObject();
            _json.EndObject();
        }

        _json.EndArray();
        _json.EndLine();
    }

    private void Fields(PutResponse reply)
    {
        _json.BeginObject();
        Header(reply.Header);
        KeyValue("prev_kv", reply.PrevKv);
        _json.EndObject();
    }

    private void Fields(RangeResponse reply)
    {
        _json.BeginObject();
        Header(reply.Header);
        KeyValues("kvs", reply.Kvs);
        _json.Optional("more", reply.More);
        _json.Optional("count", reply.Count);
        _json.EndObject();
    }

    private void Fields(DeleteRangeResponse reply)
    {
        _json.BeginObject();
        Header(reply.Header);
        _json.Optional("deleted", reply.Deleted);
        KeyValues("prev_kvs", reply.PrevKvs);
        _json.EndObject();
    }

    private void Fields(TxnResponse reply)
    {
        _json.BeginObject();
        Header(reply.Header);
        _json.Optional("succeeded", reply.Succeeded);
        if (reply.Responses.Count > 0)
        {
            _json.Name("responses");
            _json.BeginArray();
            foreach (ResponseOp response in reply.Responses)
            {
                _json.BeginObject();
                _json.Name("Response");
                _json.BeginObject();
                Fields(response);
                _json.EndObject();
                _json.EndObject();
            }

            _json.EndArray();
        }

        _json.EndObject();
    }

    private void Fields(ResponseOp response)
    {
        switch (response.ResponseCase)
        {
            case ResponseOp.ResponseOneofCase.ResponseRange:
                _json.Name("response_range");
                Fields(response.ResponseRange);
                break;
            case ResponseOp.ResponseOneofCase.ResponsePut:
                _json.Name("response_put");
                Fields(response.ResponsePut);
                break;
            case ResponseOp.ResponseOneofCase.ResponseDeleteRange:
                _json.Name("response_delete_range");
                Fields(response.ResponseDeleteRange);
                break;
            case ResponseOp.ResponseOneofCase.ResponseTxn:
                _json.Name("response_txn");
                Fields(response.ResponseTxn);
                break;
        }
    }

    private void WriteMembers(ResponseHeader? header, RepeatedField<Member> members)
    {
        _json.BeginObject();
        Header(header);
        MemberList(members);
        _json.EndObject();
        _json.EndLine();
    }

    private void MemberFields(MemberListResponse reply)
    {
        Header(reply.Header);
        MemberList(reply.Members);
    }

    private void MemberList(RepeatedField<Member> members)
    {
        if (members.Count == 0)
        {
            return;
        }

        _json.Name("members");
        _json.BeginArray();
        foreach (Member member in members)
        {
            Fields(member);
        }

        _json.EndArray();
    }

    public override void Downgrade(string success, DowngradeResponse reply)
    {
        _json.BeginObject();
        Header(reply.Header);
        _json.Optional("version", reply.Version);
        _json.EndObject();
        _json.EndLine();
    }

    public override void History(KeyHistory history)
    {
        _json.BeginObject();
        Header(history.Header);
        _json.Name("key");
        _json.Value(history.Key);
        _json.Optional("compact_revision", history.CompactRevision);
        _json.Name("history");
        _json.BeginArray();
        foreach (Event change in history.Changes)
        {
            _json.BeginObject();
            _json.Name("type");
            _json.Value(change.Type == Event.Types.EventType.Delete ? "DELETE" : "PUT");
            KeyValue("kv", change.Kv);
            _json.EndObject();
        }

        _json.EndArray();
        _json.EndObject();
        _json.EndLine();
    }

    public override void Findings(IReadOnlyList<Finding> findings) => ReportJson.Write(_json, findings);

    public override void Sample(ClusterSample sample) => ReportJson.Write(_json, sample);

    private void Fields(Member member)
    {
        _json.BeginObject();
        _json.Optional("ID", member.ID);
        _json.Optional("name", member.Name);
        _json.Optional("peerURLs", member.PeerURLs);
        _json.Optional("clientURLs", member.ClientURLs);
        _json.Optional("isLearner", member.IsLearner);
        _json.EndObject();
    }

    // The hexadecimal form is a record of its own in etcdctl: no revision, no learner mark, members with all fields, and
    // "clientURLS" in this spelling.
    private void HexMemberFields(MemberListResponse reply)
    {
        _json.Name("header");
        _json.BeginObject();
        _json.Name("cluster_id");
        _json.Value(GoNumber.Hex(reply.Header?.ClusterId ?? 0));
        _json.Name("member_id");
        _json.Value(GoNumber.Hex(reply.Header?.MemberId ?? 0));
        _json.Optional("raft_term", reply.Header?.RaftTerm ?? 0);
        _json.EndObject();
        _json.Name("members");
        _json.BeginArray();
        foreach (Member member in reply.Members)
        {
            _json.BeginObject();
            _json.Name("ID");
            _json.Value(GoNumber.Hex(member.ID));
            _json.Name("name");
            _json.Value(member.Name);
            UrlsOrNull("peerURLs", member.PeerURLs);
            UrlsOrNull("clientURLS", member.ClientURLs);
            _json.EndObject();
        }

        _json.EndArray();
    }

    public override void UserAdd(string user, AuthUserAddResponse reply) => HeaderAlone(reply.Header);

    public override void UserDelete(string user, AuthUserDeleteResponse reply) => HeaderAlone(reply.Header);

    public override void UserChangePassword(AuthUserChangePasswordResponse reply) => HeaderAlone(reply.Header);

    public override void UserGrantRole(string user, string role, AuthUserGrantRoleResponse reply) => HeaderAlone(reply.Header);

    public override void UserRevokeRole(string user, string role, AuthUserRevokeRoleResponse reply) => HeaderAlone(reply.Header);

    public override void RoleAdd(string role, AuthRoleAddResponse reply) => HeaderAlone(reply.Header);

    public override void RoleDelete(string role, AuthRoleDeleteResponse reply) => HeaderAlone(reply.Header);

    public override void RoleGrantPermission(string role, AuthRoleGrantPermissionResponse reply) => HeaderAlone(reply.Header);

    public override void RoleRevokePermission(string role, string key, byte[] rangeEnd, AuthRoleRevokePermissionResponse reply) => HeaderAlone(reply.Header);

    public override void AuthStatus(AuthStatusResponse reply)
    {
        _json.BeginObject();
        Header(reply.Header);
        _json.Optional("enabled", reply.Enabled);
        _json.Optional("authRevision", reply.AuthRevision);
        _json.EndObject();
        _json.EndLine();
    }

    public override void UserGet(string user, AuthUserGetResponse reply) => HeaderAnd(reply.Header, "roles", reply.Roles);

    public override void UserList(AuthUserListResponse reply) => HeaderAnd(reply.Header, "users", reply.Users);

    public override void RoleList(AuthRoleListResponse reply) => HeaderAnd(reply.Header, "roles", reply.Roles);

    public override void RoleGet(string role, AuthRoleGetResponse reply)
    {
        _json.BeginObject();
        Header(reply.Header);
        if (reply.Perm.Count > 0)
        {
            _json.Name("perm");
            _json.BeginArray();
            foreach (Permission permission in reply.Perm)
            {
                _json.BeginObject();
                _json.Optional("permType", (long)permission.PermType);
                _json.Optional("key", permission.Key);
                _json.Optional("range_end", permission.RangeEnd);
                _json.EndObject();
            }

            _json.EndArray();
        }

        _json.EndObject();
        _json.EndLine();
    }

    private void HeaderAlone(ResponseHeader? header) => HeaderAnd(header, "", []);

    private void HeaderAnd(ResponseHeader? header, string name, IReadOnlyList<string> values)
    {
        _json.BeginObject();
        Header(header);
        _json.Optional(name, values);
        _json.EndObject();
        _json.EndLine();
    }

    private void UrlsOrNull(string name, RepeatedField<string> urls)
    {
        _json.Name(name);
        if (urls.Count == 0)
        {
            _json.Null();
        }
        else
        {
            _json.Values(urls);
        }
    }

    private void Header(ResponseHeader? header)
    {
        if (header is not null)
        {
            _json.Name("header");
            _json.BeginObject();
            HeaderFields(header);
            _json.EndObject();
        }
    }

    private void HeaderFields(ResponseHeader? header)
    {
        if (header is not null)
        {
            _json.Optional("cluster_id", header.ClusterId);
            _json.Optional("member_id", header.MemberId);
            _json.Optional("revision", header.Revision);
            _json.Optional("raft_term", header.RaftTerm);
        }
    }

    private void KeyValues(string name, RepeatedField<KeyValue> pairs)
    {
        if (pairs.Count == 0)
        {
            return;
        }

        _json.Name(name);
        _json.BeginArray();
        foreach (KeyValue pair in pairs)
        {
            KeyValueFields(pair);
        }

        _json.EndArray();
    }

    private void KeyValue(string name, KeyValue? pair)
    {
        if (pair is not null)
        {
            _json.Name(name);
            KeyValueFields(pair);
        }
    }

    private void KeyValueFields(KeyValue pair)
    {
        _json.BeginObject();
        _json.Optional("key", pair.Key);
        _json.Optional("create_revision", pair.CreateRevision);
        _json.Optional("mod_revision", pair.ModRevision);
        _json.Optional("version", pair.Version);
        _json.Optional("value", pair.Value);
        _json.Optional("lease", pair.Lease);
        _json.EndObject();
    }
}
